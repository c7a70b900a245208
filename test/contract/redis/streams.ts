import { describe, expect, test } from "vitest";
import type { RedisUnderTest } from "../redis.ts";

/** Streams and their consumer groups: what a durable buffer needs. */
export function testStreams({ exact, usual, key, send }: RedisUnderTest): void {
  describe("streams", () => {
    test("entries are read in the order they were added, with their fields, and trimmed by length", async () => {
      const k = key("stream");
      expect(await exact().xadd(k, "1-1", { event: "a", size: "1" })).toBe("1-1");
      await exact().xadd(k, "2-1", { event: "b" });
      await exact().xadd(
        k,
        "3-1",
        { event: "c" },
        { trim: { type: "MAXLEN", threshold: 2, comparison: "=" } },
      );
      expect(await exact().xlen(k)).toBe(2);
      expect(await exact().xrange(k, "-", "+")).toEqual([
        ["2-1", ["event", "b"]],
        ["3-1", ["event", "c"]],
      ]);
      expect(await usual().xrange(k, "-", "+", 1)).toEqual({ "2-1": { event: "b" } });
      expect(await exact().xread(k, "2-1")).toEqual([[k, [["3-1", ["event", "c"]]]]]);
      expect(await exact().xdel(k, "2-1")).toBe(1);
      await expect(exact().xadd(k, "3-1", { event: "late" })).rejects.toThrow(/equal or smaller/);
    });

    test("streams are trimmed by length and by id, exactly, roughly, and from scripts", async () => {
      const k = key("trim");
      for (const n of [1, 2, 3, 4, 5]) await exact().xadd(k, `${n}-0`, { n: String(n) });
      expect(await exact().xtrim(k, { strategy: "MAXLEN", exactness: "=", threshold: 4 })).toBe(1);
      expect(await exact().xtrim(k, { strategy: "MINID", exactness: "=", threshold: "3-0" })).toBe(1);
      expect(await exact().xtrim(k, { strategy: "MAXLEN", exactness: "~", threshold: 100 })).toBe(0);
      const add = `return redis.call("XADD", KEYS[1], "NOMKSTREAM", "MAXLEN", "=", 2, "6-0", "MAXLEN", "=")`;
      expect(await exact().eval(add, [k], [])).toBe("6-0");
      expect(await exact().xrange(k, "-", "+")).toEqual([
        ["5-0", ["n", "5"]],
        ["6-0", ["MAXLEN", "="]],
      ]);
    });

    test("a group hands each entry to one consumer and keeps it pending until acknowledged", async () => {
      const k = key("group");
      await exact().xgroup(k, { type: "CREATE", group: "g", id: "0", options: { MKSTREAM: true } });
      for (const n of [1, 2, 3]) await exact().xadd(k, `${n}-0`, { n: String(n) });
      expect(await exact().xreadgroup("g", "one", k, ">", { count: 2 })).toEqual([
        [
          k,
          [
            ["1-0", ["n", "1"]],
            ["2-0", ["n", "2"]],
          ],
        ],
      ]);
      expect(await exact().xreadgroup("g", "two", k, ">")).toEqual([[k, [["3-0", ["n", "3"]]]]]);
      expect(await exact().xreadgroup("g", "two", k, ">")).toBeNull();
      expect(await exact().xack(k, "g", ["1-0", "9-0"])).toBe(1);
      const pending = await exact().xpending(k, "g", "-", "+", 10);
      expect(pending.map((entry) => (Array.isArray(entry) ? [entry[0], entry[1], entry[3]] : entry))).toEqual(
        [
          ["2-0", "one", 1],
          ["3-0", "two", 1],
        ],
      );
    });

    test("entries that a consumer left behind are claimed by another and counted as delivered again", async () => {
      const k = key("claim");
      await exact().xgroup(k, { type: "CREATE", group: "g", id: "$", options: { MKSTREAM: true } });
      await exact().xadd(k, "5-0", { n: "5" });
      await exact().xreadgroup("g", "gone", k, ">");
      expect(await exact().xautoclaim(k, "g", "heir", 0, "0-0", { count: 10 })).toEqual([
        "0-0",
        [["5-0", ["n", "5"]]],
        [],
      ]);
      expect(await exact().xpending(k, "g", "-", "+", 10)).toEqual([["5-0", "heir", expect.any(Number), 2]]);
    });

    test("creating a group twice is BUSYGROUP, reading from one that is not there NOGROUP", async () => {
      const k = key("groups");
      const create = () =>
        exact().xgroup(k, { type: "CREATE", group: "g", id: "0", options: { MKSTREAM: true } });
      await create();
      await expect(create()).rejects.toThrow(/BUSYGROUP/);
      await expect(exact().xreadgroup("nobody", "c", k, ">")).rejects.toThrow(/NOGROUP/);
    });

    test.each([
      [["XREAD", "BLOCK", "0", "STREAMS", "s", "$"]],
      [["XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "s", ">"]],
      [["BLPOP", "l", "0"]],
    ])("%j is refused rather than left waiting", async (command) => {
      expect(await send("/", { body: JSON.stringify(command) })).toMatchObject({
        status: 400,
        body: { error: expect.stringMatching(/^ERR .*not available.*poll/) },
      });
    });
  });
}
