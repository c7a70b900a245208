import { describe, expect, test, vi } from "vitest";
import type { RedisUnderTest } from "../redis.ts";

const LARGE_VALUE_BYTES = 2_000_000;

/** Strings, expiry, hashes, lists, sets, sorted sets, scanning. */
export function testValues({ exact, usual, unencoded, key }: RedisUnderTest): void {
  describe("strings", () => {
    test("a value comes back as it was written, and a missing key is null", async () => {
      const k = key("string");
      expect(await exact().set(k, "value")).toBe("OK");
      expect(await exact().get(k)).toBe("value");
      expect(await exact().get(key("missing"))).toBeNull();
      expect(await exact().mget(k, key("missing"), k)).toEqual(["value", null, "value"]);
    });

    test("NX keeps the first writer's value and says so, XX needs one, GET gives the value before", async () => {
      const k = key("nx");
      expect(await exact().set(k, "1", { xx: true })).toBeNull();
      expect(await exact().set(k, "1", { nx: true, ex: 100 })).toBe("OK");
      expect(await exact().set(k, "2", { nx: true })).toBeNull();
      expect(await exact().set(k, "3", { get: true })).toBe("1");
      expect(await exact().getset(k, "4")).toBe("3");
      expect(await exact().getdel(k)).toBe("4");
      expect(await exact().exists(k)).toBe(0);
    });

    test("of many that set the same key with NX at once, exactly one succeeds", async () => {
      const k = key("race");
      const winners = await Promise.all(
        Array.from({ length: 20 }, (_, i) => exact().set(k, String(i), { nx: true })),
      );
      expect(winners.filter((reply) => reply === "OK")).toHaveLength(1);
    });

    test("counters count, and increments that arrive at once are all counted", async () => {
      const k = key("counter");
      await Promise.all(Array.from({ length: 20 }, () => exact().incr(k)));
      expect(await exact().incrby(k, 5)).toBe(25);
      expect(await exact().decr(k)).toBe(24);
      expect(await exact().incrbyfloat(k, 0.5)).toBe("24.5");
    });

    test.each([
      ["text beyond ASCII", 'žluťoučký 你好 🦔 \u0000 \r\n " \\ end'],
      ["base64 look-alikes", "T0s="],
      ["the text OK", "OK"],
      ["an empty value", ""],
      ["a large value", "🦔x".repeat(LARGE_VALUE_BYTES / 5)],
    ])(
      "%s survives in keys' values, list elements and hash fields, with and without base64",
      async (_name, value) => {
        const k = key("text");
        await exact().set(`${k}:s`, value);
        await exact().rpush(`${k}:l`, value, "other");
        await exact().hset(`${k}:h`, { field: value });
        for (const client of [exact(), unencoded()]) {
          expect(await client.get(`${k}:s`)).toBe(value);
          expect(await client.lrange(`${k}:l`, 0, -1)).toEqual([value, "other"]);
          expect(await client.hget(`${k}:h`, "field")).toBe(value);
        }
      },
    );

    test("with the client's defaults objects, numbers and booleans come back as what they were", async () => {
      const k = key("typed");
      const redis = usual();
      await redis.set(`${k}:object`, { a: [1, "2", null] });
      await redis.set(`${k}:number`, 42);
      await redis.set(`${k}:boolean`, true);
      expect(await redis.get(`${k}:object`)).toEqual({ a: [1, "2", null] });
      expect(await redis.get(`${k}:number`)).toBe(42);
      expect(await redis.get(`${k}:boolean`)).toBe(true);
      expect(await exact().get(`${k}:object`)).toBe('{"a":[1,"2",null]}');
    });
  });

  describe("expiry", () => {
    test("a key keeps the time to live that it was given, and none without", async () => {
      const k = key("ttl");
      await exact().set(k, "v", { ex: 100 });
      expect(await exact().ttl(k)).toBeGreaterThan(90);
      expect(await exact().pexpire(k, 50_000)).toBe(1);
      expect(await exact().pttl(k)).toBeLessThanOrEqual(50_000);
      expect(await exact().persist(k)).toBe(1);
      expect(await exact().ttl(k)).toBe(-1);
      expect(await exact().ttl(key("missing"))).toBe(-2);
    });

    test("EXPIRE's NX, XX, GT and LT are obeyed", async () => {
      const k = key("expire-options");
      await exact().set(k, "v");
      expect(await exact().expire(k, 100, "XX")).toBe(0);
      expect(await exact().expire(k, 100, "NX")).toBe(1);
      expect(await exact().expire(k, 50, "GT")).toBe(0);
      expect(await exact().expire(k, 50, "LT")).toBe(1);
    });

    test("a key is gone once its time is over", async () => {
      const k = key("expired");
      await exact().set(k, "v", { px: 1 });
      await vi.waitFor(async () => expect(await exact().get(k)).toBeNull());
      await exact().set(k, "v");
      await exact().pexpireat(k, 1);
      expect(await exact().exists(k)).toBe(0);
    });
  });

  describe("collections", () => {
    test("a hash gives its fields, counts in them and forgets them", async () => {
      const k = key("hash");
      expect(await exact().hset(k, { name: "hedgehog", count: "1" })).toBe(2);
      expect(await exact().hgetall(k)).toEqual(["name", "hedgehog", "count", "1"]);
      expect(await usual().hgetall(k)).toEqual({ name: "hedgehog", count: 1 });
      expect(await exact().hmget(k, "name", "nothing")).toEqual(["hedgehog", null]);
      expect(await exact().hincrby(k, "count", 4)).toBe(5);
      expect(await exact().hsetnx(k, "name", "other")).toBe(0);
      expect(await exact().hkeys(k)).toEqual(["name", "count"]);
      expect(await exact().hdel(k, "name", "nothing")).toBe(1);
      expect(await usual().hgetall(k)).toEqual({ count: 5 });
      expect(await usual().hgetall(key("missing"))).toBeNull();
    });

    test("a list keeps its order, is popped from both ends, trimmed and moved", async () => {
      const k = key("list");
      expect(await exact().rpush(k, "a", "b", "c", "d", "b")).toBe(5);
      expect(await exact().lpop(k)).toBe("a");
      expect(await exact().lrem(k, 0, "b")).toBe(2);
      expect(await exact().lmove(k, `${k}:2`, "right", "left")).toBe("d");
      expect(await exact().lrange(k, 0, -1)).toEqual(["c"]);
      await exact().rpush(k, "1", "2", "3");
      expect(await exact().ltrim(k, -2, -1)).toBe("OK");
      expect(await exact().lpop(k, 10)).toEqual(["2", "3"]);
      expect(await exact().llen(k)).toBe(0);
    });

    test("a set holds each member once", async () => {
      const k = key("set");
      expect(await exact().sadd(k, "a", "b", "a")).toBe(2);
      expect(await exact().smismember(k, ["a", "c"])).toEqual([1, 0]);
      expect((await exact().smembers(k)).toSorted()).toEqual(["a", "b"]);
      expect(await exact().srem(k, "a", "c")).toBe(1);
      expect(await exact().scard(k)).toBe(1);
    });

    test("a sorted set orders by score, takes ranges by score and pops the lowest", async () => {
      const k = key("zset");
      expect(
        await exact().zadd(
          k,
          { score: 3, member: "c" },
          { score: 1.5, member: "a" },
          { score: 2, member: "b" },
        ),
      ).toBe(3);
      expect(await exact().zadd(k, { nx: true }, { score: 9, member: "a" })).toBe(0);
      expect(await exact().zadd(k, { gt: true, ch: true }, { score: 4, member: "c" })).toBe(1);
      expect(await exact().zrange(k, 0, -1, { withScores: true })).toEqual(["a", "1.5", "b", "2", "c", "4"]);
      expect(await exact().zrange(k, 2, "+inf", { byScore: true, offset: 0, count: 1 })).toEqual(["b"]);
      expect(await exact().zrange(k, "(2" as `(${number}`, "+inf", { byScore: true })).toEqual(["c"]);
      expect(await usual().zscore(k, "a")).toBe(1.5);
      expect(await exact().zpopmin(k)).toEqual(["a", "1.5"]);
      expect(await exact().zremrangebyscore(k, 0, 3)).toBe(1);
      expect(await exact().zcard(k)).toBe(1);
    });
  });

  describe("scanning", () => {
    test("SCAN with MATCH finds every matching key, each at least once", async () => {
      const prefix = key("scan");
      const names = Array.from({ length: 250 }, (_, i) => `${prefix}:${i}`);
      await exact().mset(Object.fromEntries(names.map((name) => [name, "v"])));
      const found = new Set<string>();
      let cursor = "0";
      do {
        const [next, page] = await exact().scan(cursor, { match: `${prefix}:*`, count: 100 });
        for (const name of page) found.add(name);
        cursor = next;
      } while (cursor !== "0");
      expect([...found].toSorted()).toEqual(names.toSorted());
    });

    test("HSCAN gives a hash's fields with their values", async () => {
      const k = key("hscan");
      await exact().hset(k, { a: "1", b: "2" });
      expect(await exact().hscan(k, "0")).toEqual(["0", ["a", "1", "b", "2"]]);
    });
  });
}
