import { expect, test } from "vitest";
import { createCommandBatch } from "../../../apps/meta/command-batch.ts";
import { createMemoryStore } from "./memory-store.ts";

const { run } = createCommandBatch({
  store: createMemoryStore(),
  onRequest: () => {},
  background: (promise) => void promise.catch(() => {}),
});

test("a trial's store answers as Redis does to what apps may ask of it", async () => {
  const answers = await Promise.all([
    run((redis) => redis.get("text")),
    run((redis) => redis.set("text", "5")),
    run((redis) => redis.incr("text")),
    run((redis) => redis.set("text", "9", { nx: true })),
    run((redis) => redis.incrbyfloat("text", 0.5)),
    run((redis) => redis.expire("none", 9)),
    run((redis) => redis.del("text")),
    run((redis) => redis.lpush("list", "a", "b", "a", "c")),
    run((redis) => redis.lrange("list", 0, -1)),
    run((redis) => redis.lrange("list", -2, 99)),
    run((redis) => redis.lrem("list", -1, "a")),
    run((redis) => redis.lpop("list", 2)),
    run((redis) => redis.lrange("list", 0, -1)),
    run((redis) => redis.llen("list")),
    run((redis) => redis.lpop("list", 9)),
    run((redis) => redis.del("list")),
  ]);
  expect(answers).toEqual([
    null,
    "OK",
    "6",
    null,
    "6.5",
    0,
    1,
    4,
    ["c", "a", "b", "a"],
    ["b", "a"],
    1,
    ["c", "a"],
    ["b"],
    1,
    ["b"],
    0,
  ]);
});

test("a command for another kind of value fails by itself", async () => {
  await run((redis) => redis.set("text", "x"));
  await expect(run((redis) => redis.lpush("text", "a"))).rejects.toThrow("WRONGTYPE");
  await expect(run((redis) => redis.incr("text"))).rejects.toThrow("not an integer");
});
