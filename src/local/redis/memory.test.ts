import { expect, test } from "vitest";
import { RedisReplyError, RedisUnavailableError } from "./backend.ts";
import { createMemoryBackend } from "./memory.ts";

test("scripts that run at once are each charged with their own calls", async () => {
  const backend = createMemoryBackend();
  const callsOf = async (count: number) => {
    let calls = 0;
    await backend.command(
      ["EVAL", `for i = 1, ARGV[1] do redis.call("INCR", KEYS[1]) end`, "1", "k", String(count)],
      () => (calls += 1),
    );
    return calls;
  };
  expect(await Promise.all([1, 5, 0, 3].map(callsOf))).toEqual([1, 5, 0, 3]);
  expect(await backend.command(["GET", "k"])).toBe("9");
});

test("commands take effect in the order of the calls, scripts and transactions between them", async () => {
  const backend = createMemoryBackend();
  const append = (text: string) => backend.command(["APPEND", "k", text]);
  await Promise.all([
    append("a"),
    backend.command(["EVAL", `return redis.call("APPEND", KEYS[1], "b")`, "1", "k"]),
    append("c"),
    backend.transaction([["APPEND", "k", "d"]]),
  ]);
  expect(await backend.command(["GET", "k"])).toBe("abcd");
});

test("replies have the shapes of RESP2, whatever the engine's own types are", async () => {
  const backend = createMemoryBackend();
  await backend.command(["HSET", "h", "a", "1", "b", "2"]);
  await backend.command(["ZADD", "z", "1.5", "m", "inf", "n"]);
  expect(await backend.command(["HGETALL", "h"])).toEqual(["a", "1", "b", "2"]);
  expect(await backend.command(["ZRANGE", "z", "0", "-1", "WITHSCORES"])).toEqual(["m", "1.5", "n", "inf"]);
  expect(
    await backend.command(["EVAL", `return { redis.error_reply("BAD x"), true, false, 2.9 }`, "0"]),
  ).toEqual(["BAD x", 1, null, 2]);
});

test("a command's own failure and a closed store are told apart by class", async () => {
  const backend = createMemoryBackend();
  await expect(backend.command(["NOSUCH"])).rejects.toThrow(RedisReplyError);
  await backend.close();
  await expect(backend.command(["PING"])).rejects.toThrow(RedisUnavailableError);
  await expect(backend.transaction([["PING"]])).rejects.toThrow(RedisUnavailableError);
});
