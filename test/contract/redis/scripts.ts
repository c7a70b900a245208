import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { RedisUnderTest } from "../redis.ts";

const SHEBANG = "#!lua flags=allow-key-locking";

/** Lua, with the first line that only Upstash knows and without. */
export function testScripts({ exact, usual, key, send }: RedisUnderTest): void {
  const unique = (script: string) => `${script}\n-- ${key("script")}`;

  describe("scripts", () => {
    test("EVAL sees its keys and arguments, and its replies are converted as Redis does", async () => {
      const k = key("eval");
      const script = `
        redis.call("SET", KEYS[1], ARGV[1])
        return { redis.call("GET", KEYS[1]), 7, 1.9, true, false, redis.status_reply("FINE"), { "nested", "OK" } }`;
      expect(await exact().eval(script, [k], ["value"])).toEqual([
        "value",
        7,
        1,
        1,
        null,
        "FINE",
        ["nested", "OK"],
      ]);
    });

    test.each([
      ["", "a script"],
      [`${SHEBANG}\n`, "a script with Upstash's shebang"],
    ])("%j: createScript runs it by EVAL first and by its SHA-1 from then on", async (prefix) => {
      const script = exact().createScript<string>(unique(`${prefix}return ARGV[1]`));
      await expect(script.evalsha([], ["x"])).rejects.toThrow(/NOSCRIPT/);
      expect(await script.exec([], ["first"])).toBe("first");
      expect(await script.evalsha([], ["second"])).toBe("second");
      expect(await script.exec([], ["third"])).toBe("third");
    });

    test("a script is known by the SHA-1 of its text as written, shebang included, and without it too", async () => {
      const body = unique(`\nreturn "loaded"`);
      const script = SHEBANG + body;
      const sha = createHash("sha1").update(script).digest("hex");
      expect(await exact().scriptLoad(script)).toBe(sha);
      expect(await exact().scriptExists(sha)).toEqual([1]);
      expect(await exact().evalsha(sha, [], [])).toBe("loaded");
      expect(await exact().evalsha(sha.toUpperCase(), [], [])).toBe("loaded");
      expect(await exact().evalsha(await exact().scriptLoad(body), [], [])).toBe("loaded");
      expect(await exact().scriptExists("0".repeat(40), sha)).toEqual([0, 1]);
    });

    test("after SCRIPT FLUSH a script is NOSCRIPT, and createScript still gets its result", async () => {
      const script = exact().createScript<number>(unique(`${SHEBANG}\nreturn 1`));
      await script.exec([], []);
      await exact().scriptFlush();
      await expect(script.evalsha([], [])).rejects.toThrow(/NOSCRIPT/);
      expect(await script.exec([], [])).toBe(1);
    });

    test("readonly scripts read, and may not write", async () => {
      const k = key("readonly");
      await exact().set(k, "v");
      const script = unique(`${SHEBANG}\nreturn redis.call("GET", KEYS[1])`);
      const read = exact().createScript<string, true>(script, { readonly: true });
      expect(await read.exec([k], [])).toBe("v");
      await expect(exact().evalRo(`redis.call("DEL", KEYS[1])`, [k], [])).rejects.toThrow(/read-only/);
      expect(await exact().get(k)).toBe("v");
    });

    test("what a script does is one step: compare-and-delete by many at once succeeds once", async () => {
      const k = key("lock");
      await exact().set(k, "owner");
      const release = exact().createScript<number>(
        `${SHEBANG}\nif redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end return 0`,
      );
      const released = await Promise.all(Array.from({ length: 10 }, () => release.exec([k], ["owner"])));
      expect(released.toSorted()).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    });

    test("an error in a script names its line as the author counts them", async () => {
      await expect(exact().eval(`${SHEBANG}\nlocal a = 1\nerror("deliberate")`, [], [])).rejects.toThrow(
        /:3:.*deliberate/,
      );
    });

    test("redis.pcall gives a script the error, redis.call ends it", async () => {
      const k = key("pcall");
      await exact().set(k, "text");
      expect(await exact().eval(`return redis.pcall("INCR", KEYS[1]).err`, [k], [])).toMatch(
        /not an integer/,
      );
      await expect(exact().eval(`return redis.call("LPUSH", KEYS[1], "x")`, [k], [])).rejects.toThrow(
        /WRONGTYPE/,
      );
    });

    test("cjson and cmsgpack are there", async () => {
      expect(
        await exact().eval(`return cjson.encode({ n = cjson.decode(ARGV[1]).a + 1 })`, [], ['{"a":41}']),
      ).toBe('{"n":42}');
      expect(await exact().eval(`return cmsgpack.unpack(cmsgpack.pack(ARGV[1]))`, [], ["packed"])).toBe(
        "packed",
      );
    });

    test("scripts run inside pipelines and transactions, among other commands and in their order", async () => {
      const k = key("mixed");
      const script = `${SHEBANG}\nreturn redis.call("APPEND", KEYS[1], ARGV[1])`;
      for (const path of ["/pipeline", "/multi-exec"]) {
        const body = JSON.stringify([
          ["SET", k, "a"],
          ["EVAL", script, "1", k, "b"],
          ["APPEND", k, "c"],
          ["GET", k],
        ]);
        expect((await send(path, { body })).body).toEqual([
          { result: "OK" },
          { result: 2 },
          { result: 3 },
          { result: "abc" },
        ]);
      }
    });

    test("with the client's defaults a script's JSON comes back parsed", async () => {
      expect(await usual().eval(`return cjson.encode({ ok = true })`, [], [])).toEqual({ ok: true });
    });
  });
}
