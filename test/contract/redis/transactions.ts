import { describe, expect, test } from "vitest";
import type { RedisUnderTest } from "../redis.ts";

const BIG_PIPELINE = 3_000;

/** Several commands in one request: atomic or not, with failures among them. */
export function testTransactions({ exact, usual, key, send }: RedisUnderTest): void {
  describe("pipelines", () => {
    test("replies come in the order of the commands, whatever their kinds", async () => {
      const k = key("pipeline");
      const replies = await exact()
        .pipeline()
        .set(k, "1")
        .incr(k)
        .hset(`${k}:h`, { a: "1" })
        .hgetall(`${k}:h`)
        .zadd(`${k}:z`, { score: 1, member: "m" })
        .get(`${k}:none`)
        .exec();
      expect(replies).toEqual(["OK", 2, 1, ["a", "1"], 1, null]);
    });

    test("a failing command fails alone: those after it run, and keepErrors gives each its own outcome", async () => {
      const k = key("failing");
      const pipeline = () => exact().pipeline().set(k, "text").incr(k).append(k, "!");
      expect(await pipeline().exec({ keepErrors: true })).toEqual([
        { result: "OK", error: undefined },
        { result: undefined, error: expect.stringContaining("not an integer") },
        { result: 5, error: undefined },
      ]);
      await expect(pipeline().exec()).rejects.toThrow(/Command 2 \[ incr \] failed: ERR/);
    });

    test("an unknown, a malformed and an unavailable command each fail in their place", async () => {
      const body = JSON.stringify([
        ["NOSUCH", "x"],
        ["GET"],
        ["SUBSCRIBE", "c"],
        ["SET", "k", null],
        ["PING"],
      ]);
      expect(await send("/pipeline", { body })).toMatchObject({
        status: 200,
        body: [
          { error: expect.stringMatching(/^ERR unknown command/) },
          { error: expect.stringMatching(/^ERR wrong number of arguments/) },
          { error: expect.stringMatching(/^ERR .*SUBSCRIBE.*PUBLISH/) },
          { error: expect.stringMatching(/^ERR null args/) },
          { result: "PONG" },
        ],
      });
    });

    test(`${BIG_PIPELINE} commands in one request are all run, in order`, async () => {
      const k = key("big");
      const pipeline = exact().pipeline();
      for (let i = 0; i < BIG_PIPELINE; i++) pipeline.rpush(k, String(i));
      const lengths = await pipeline.exec();
      expect(lengths.at(-1)).toBe(BIG_PIPELINE);
      expect(await exact().lrange(k, 0, -1)).toEqual(
        Array.from({ length: BIG_PIPELINE }, (_, i) => String(i)),
      );
    });

    test("one command with tens of thousands of arguments is run", async () => {
      const k = key("wide");
      const members = Array.from({ length: 50_000 }, (_, i) => String(i));
      expect(await exact().rpush(k, ...members)).toBe(members.length);
      expect(await exact().del(k)).toBe(1);
    });

    test("the client's auto-pipelining gets each caller its own reply, and its own error", async () => {
      const k = key("auto");
      const redis = usual();
      await redis.set(k, "text");
      const outcomes = await Promise.allSettled([
        redis.get(k),
        redis.incr(k),
        redis.get(`${k}:none`),
        redis.strlen(k),
      ]);
      expect(outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : "failed"))).toEqual([
        "text",
        "failed",
        null,
        4,
      ]);
    });
  });

  describe("transactions", () => {
    test("nobody sees a transaction half done", async () => {
      const k = key("atomic");
      const transfer = () => exact().multi().decr(`${k}:a`).incr(`${k}:b`).exec();
      const sum = async () => {
        const [a, b] = await exact().mget<string[]>(`${k}:a`, `${k}:b`);
        return Number(a) + Number(b);
      };
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => Promise.all([transfer(), sum()])));
      expect(outcomes.map(([, total]) => total)).toEqual(Array.from({ length: 20 }, () => 0));
      expect(await exact().mget(`${k}:a`, `${k}:b`)).toEqual(["-20", "20"]);
    });

    test("a command that fails while running leaves the others done, as in Redis", async () => {
      const k = key("multi-failing");
      expect(
        await exact().multi().set(k, "text").lpush(k, "x").append(k, "!").exec({ keepErrors: true }),
      ).toEqual([
        { result: "OK", error: undefined },
        { result: undefined, error: expect.stringContaining("WRONGTYPE") },
        { result: 5, error: undefined },
      ]);
    });

    test.each([
      ["an unknown command", ["NOSUCH", "x"], /NOSUCH/],
      ["a wrong number of arguments", ["GET"], /GET.*wrong number of arguments/],
      ["a command that REST does not offer", ["WATCH", "k"], /WATCH.*\/multi-exec/],
      ["an argument that cannot be sent", ["SET", "k", null], /null args/],
    ])("%s discards the whole transaction and is named", async (_name, faulty, message) => {
      const k = key("discarded");
      const answer = await send("/multi-exec", {
        body: JSON.stringify([["SET", k, "v"], faulty, ["INCR", k]]),
      });
      expect(answer).toMatchObject({ status: 400, body: { error: expect.stringMatching(message) } });
      expect(await exact().exists(k)).toBe(0);
    });
  });
}
