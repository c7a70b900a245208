import { describe, expect, test } from "vitest";
import { RedisUnavailableError, type Command, type RedisBackend } from "./backend.ts";
import { createMemoryBackend } from "./memory.ts";
import { createRedisRest } from "./rest.ts";

const TOKEN = "secret";

function start(options: { backend?: RedisBackend; onCommand?: (command: Command) => void } = {}) {
  const rest = createRedisRest({ backend: createMemoryBackend(), token: TOKEN, ...options });
  const post = async (path: string, body: BodyInit, token = TOKEN) =>
    rest.fetch(
      // "half" is what a streamed body needs; TypeScript's DOM types do not know it.
      new Request(`http://redis.test${path}`, {
        method: "POST",
        body,
        headers: { authorization: `Bearer ${token}` },
        duplex: "half",
      } as RequestInit),
    );
  return { rest, post, send: (path: string, commands: unknown) => post(path, JSON.stringify(commands)) };
}

describe("what is counted", () => {
  test("each element of a pipeline and of a transaction is a command, failed ones too", async () => {
    const { rest, send } = start();
    await send("/", ["SET", "k", "text"]);
    await send("/pipeline", [
      ["GET", "k"],
      ["INCR", "k"],
      ["GET", "none"],
    ]);
    await send("/multi-exec", [
      ["GET", "k"],
      ["GET", "none"],
    ]);
    expect(rest.counters()).toEqual({ commands: 6, requests: 3 });
  });

  test("a script is a command and so is every call that it makes, also by its SHA-1 and in a transaction", async () => {
    const { rest, send } = start();
    const script = `redis.call("INCR", KEYS[1]) redis.pcall("LPUSH", KEYS[1], 1) return redis.call("GET", KEYS[1])`;
    await send("/", ["EVAL", script, 1, "k"]);
    expect(rest.counters().commands).toBe(4);
    const sha = await (await send("/", ["SCRIPT", "LOAD", script])).json();
    await send("/", ["EVALSHA", sha.result, 1, "k"]);
    expect(rest.counters().commands).toBe(9);
    await send("/multi-exec", [
      ["EVAL", script, 1, "k"],
      ["GET", "k"],
    ]);
    expect(rest.counters().commands).toBe(14);
  });

  test("what Upstash does not bill is not counted, nor what was refused; every request is", async () => {
    const { rest, send, post } = start();
    await send("/", ["PING"]);
    await send("/", ["BLPOP", "l", 0]);
    await send("/multi-exec", [
      ["SET", "k", "v"],
      ["WATCH", "k"],
    ]);
    await post("/", "no JSON");
    await post("/", '["GET","k"]', "wrong token");
    expect(rest.counters()).toEqual({ commands: 0, requests: 5 });
  });

  test("onCommand sees every accepted command as the caller wrote it", async () => {
    const seen: Command[] = [];
    const { send } = start({ onCommand: (command) => seen.push(command) });
    await send("/pipeline", [
      ["SET", "k", 1],
      ["BLPOP", "l", 0],
      ["EVAL", "#!lua flags=x\nreturn 1", 0],
    ]);
    expect(seen).toEqual([
      ["SET", "k", "1"],
      ["EVAL", "#!lua flags=x\nreturn 1", "0"],
    ]);
  });
});

describe("when the store does not answer", () => {
  test.each(["/", "/pipeline", "/multi-exec"])(
    "%s is 503 with the reason, not a command's error",
    async (path) => {
      const backend = createMemoryBackend();
      await backend.close();
      const { send } = start({ backend });
      const response = await send(
        path,
        path === "/"
          ? ["GET", "k"]
          : [
              ["GET", "k"],
              ["GET", "l"],
            ],
      );
      expect([response.status, await response.json()]).toEqual([
        503,
        { error: expect.stringContaining("closed") },
      ]);
    },
  );

  test("one lost answer in a pipeline makes it 503: what happened to that command is unknown", async () => {
    const memory = createMemoryBackend();
    const backend: RedisBackend = {
      ...memory,
      command: async (command) => {
        if (command[1] === "lost") throw new RedisUnavailableError("no answer");
        return memory.command(command);
      },
    };
    const response = await start({ backend }).send("/pipeline", [
      ["SET", "k", "v"],
      ["GET", "lost"],
    ]);
    expect([response.status, await response.json()]).toEqual([503, { error: "no answer" }]);
  });
});

test("a body without a declared length is read no further than the limit", async () => {
  let chunks = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      chunks += 1;
      controller.enqueue(new Uint8Array(1024 * 1024).fill(0x20));
    },
  });
  const response = await start().post("/", endless);
  expect(response.status).toBe(400);
  expect((await response.json()).error).toMatch(/^ERR max request size exceeded. Limit: 10485760 bytes/);
  expect(chunks).toBeLessThan(20);
});

test("the data in a body that cannot be parsed is not repeated in the error", async () => {
  const response = await start().post("/", '["SET","k","personal data"');
  expect((await response.json()).error).not.toContain("personal");
});
