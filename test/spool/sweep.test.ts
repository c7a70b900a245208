import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keys } from "../../src/keys.ts";
import { MINUTE_MS, type SpoolingGateway, startSpooling, takeInPlaceOfQStash } from "./spool.fixture.ts";

let edge: SpoolingGateway;
beforeEach(async () => {
  edge = await startSpooling();
});
afterEach(() => edge.stop());

describe("the sweep", () => {
  const published = () => edge.qstash.counters().published;

  test("takes no more at a time than its share, and the rest in the minutes after: 10,000 messages, none twice", async () => {
    const { ids: offered } = takeInPlaceOfQStash(edge);
    await edge.fill(10_000);
    const shares: number[] = [];
    for (let minute = 0; offered.length < 10_000 && minute < 60; minute += 1) {
      const before = offered.length;
      await edge.scheduled(edge.clock.now());
      shares.push(offered.length - before);
    }
    expect(Math.max(...shares)).toBe(501);
    expect(offered).toEqual(Array.from({ length: 10_000 }, (_, n) => `m${n}`));
    expect(await edge.spoolKeys()).toEqual([]);
    expect(edge.log.at(-1)).toMatchObject({
      level: "INFO",
      message: expect.stringMatching(/published, 0 wait$/),
    });
  }, 120_000);

  test("reads one message while QStash is away, and leaves the line as it is", async () => {
    await edge.fill(50);
    edge.setQStashAway(true);
    edge.faults.decide(() => "pass");
    await edge.scheduled(edge.clock.now());
    expect(await edge.spooled()).toBe(50);
    expect(edge.timesAsked()).toBe(1);
    edge.setQStashAway(false);
    await edge.scheduled(edge.clock.now());
    expect([await edge.spooled(), published()]).toEqual([0, 50]);
  });

  test("stops at the first refusal, with what was taken before it gone from the spool", async () => {
    await edge.fill(350);
    const { ids } = takeInPlaceOfQStash(edge);
    edge.faults.decide(({ to }) => (to === "qstash" && edge.timesAsked() > 3 ? "refuse" : "pass"));
    await edge.scheduled(edge.clock.now());
    expect([await edge.spooled(), ids.length, edge.timesAsked()]).toEqual([149, 201, 4]);
    edge.faults.decide(() => "pass");
    await edge.scheduled(edge.clock.now());
    expect([await edge.spooled(), new Set(ids).size, ids.length]).toEqual([0, 350, 350]);
  });

  test("sends what QStash refuses for itself behind the others, so that it keeps none of them", async () => {
    await edge.fill(3);
    edge.answerAsQStash(async (request) => {
      if (request.url.includes("/publish/")) return new Response("faulty", { status: 400 });
      const messages = (await request.json()) as { body: string }[];
      return Response.json(
        messages.map(({ body }) => (body.includes('"m0"') ? { error: "faulty" } : { messageId: "m" })),
      );
    });
    await edge.scheduled(edge.clock.now());
    const [left, ...more] = (await edge.redisCommand("ZRANGE", "spool:order", "0", "-1")) as string[];
    expect([left, more]).toEqual([expect.stringMatching(/ deliver m0$/), []]);
  });

  test("is one at a time: a second one beside it finds nothing to do", async () => {
    await edge.fill(20);
    await Promise.all([edge.scheduled(edge.clock.now()), edge.scheduled(edge.clock.now())]);
    expect([await edge.spooled(), published(), edge.qstash.counters().deduplicated]).toEqual([0, 20, 0]);
  });

  test("that was away for longer than its lease leaves the line to the one that took over, and nothing is delivered twice", async () => {
    await edge.fill(20);
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let asked = 0;
    edge.answerAsQStash(async (request) => {
      asked += 1;
      if (asked === 1) await released;
      return edge.qstash.fetch(request);
    });
    const first = edge.scheduled(edge.clock.now());
    await expect.poll(() => asked).toBe(1);
    edge.clock.set(edge.clock.now() + MINUTE_MS);
    const second = edge.scheduled(edge.clock.now());
    await expect.poll(() => asked).toBeGreaterThan(1);
    release();
    await Promise.all([first, second]);
    await edge.settle();
    expect(await edge.spooled()).toBe(0);
    expect(edge.names().toSorted()).toEqual(Array.from({ length: 20 }, (_, n) => `e${n}`).toSorted());
    expect(await edge.accounts()).toMatchObject({ accepted: 20, duplicate: 0 });
  });

  test.each(["crash before", "crash after", "refuse", "lose answer"] as const)(
    "loses and doubles nothing when a call of it fails or is its process' last (%s)",
    async (fate) => {
      for (let nth = 0; ; nth += 1) {
        await edge.stop();
        edge = await startSpooling();
        await edge.fill(30);
        let met = false;
        edge.faults.decide((call) => {
          if (met || call.nth !== nth) return "pass";
          met = true;
          return fate;
        });
        await edge.scheduled(edge.clock.now()).catch(() => {});
        edge.faults.decide(() => "pass");
        if (edge.faults.crashed) edge.restart();
        await edge.advance(11 * MINUTE_MS);
        await edge.tick();
        await edge.tick();
        expect({ nth, names: edge.names().toSorted() }).toEqual({
          nth,
          names: Array.from({ length: 30 }, (_, n) => `e${n}`).toSorted(),
        });
        // A lease that nobody gave back ends by itself.
        expect(["", "spool:lease"]).toContain(String(await edge.spoolKeys()));
        if (!met) break;
      }
    },
    240_000,
  );

  test("keeps what QStash does not take for as long as that lasts", async () => {
    await edge.fill(20);
    edge.setQStashAway(true);
    const names = (await edge.spoolKeys()) as string[];
    for (const name of names) await edge.redisCommand("EXPIRE", name, "1000");
    await edge.tick();
    const before = edge.redis.counters().commands;
    await edge.tick();
    // Four of them keep it.
    expect(edge.redis.counters().commands - before).toBe(22);
    for (let minute = 2; minute < 20; minute += 1) await edge.tick();
    for (const name of names) {
      expect(Number(await edge.redisCommand("TTL", name))).toBeGreaterThan(keys.spoolTtlSeconds - 1000);
    }
  });

  test("says of messages that Redis has dropped that they are lost", async () => {
    await edge.fill(2);
    await edge.redisCommand("DEL", "spool:deliver:m0");
    await edge.scheduled(edge.clock.now());
    expect(edge.log.some(({ message }) => message.startsWith("1 spooled messages are lost"))).toBe(true);
    await edge.settle();
    expect(edge.names()).toEqual(["e1"]);
    expect(await edge.spoolKeys()).toEqual([]);
  });

  test("costs one command when there is nothing to do", async () => {
    await edge.scheduled(edge.clock.now());
    const before = edge.redis.counters();
    await edge.scheduled(edge.clock.now() + MINUTE_MS);
    const after = edge.redis.counters();
    // The sweep of export buffers asks three things in one.
    expect([after.requests - before.requests, after.commands - before.commands]).toEqual([2, 4]);
  });
});
