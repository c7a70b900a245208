import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defineApp } from "../../src/apps/testing.ts";
import { MINUTE_MS, named, SECOND_MS, type SpoolingGateway, startSpooling, uuid } from "./spool.fixture.ts";

let edge: SpoolingGateway;
beforeEach(async () => {
  edge = await startSpooling();
});
afterEach(() => edge.stop());

describe("while QStash is away", () => {
  test("capture answers 200 for what Redis keeps, and the next tick after recovery delivers it in order, once", async () => {
    edge.setQStashAway(true);
    for (const event of ["a", "b", "c"]) {
      const answer = await edge.capture(named(event));
      expect([answer.status, await answer.json()]).toEqual([200, { status: "Ok" }]);
    }
    await edge.tick();
    expect(edge.names()).toEqual([]);
    expect(await edge.spooled()).toBe(3);
    edge.setQStashAway(false);
    await edge.tick();
    expect(edge.names().toSorted()).toEqual(["a", "b", "c"]);
    expect(await edge.accounts()).toMatchObject({ accepted: 3, duplicate: 0 });
    expect(await edge.spoolKeys()).toEqual([]);
    await edge.tick();
    expect(edge.names()).toHaveLength(3);
  });

  test("messages leave the spool in order of arrival, those of one request in the order of its events", async () => {
    await edge.stop();
    edge = await startSpooling({ settings: { QSTASH_MAX_MESSAGE_BYTES: "10000" } });
    edge.setQStashAway(true);
    const text = "x".repeat(3000);
    for (const first of [0, 4]) {
      await edge.capture(
        ...Array.from({ length: 4 }, (_, n) => ({ ...named(`e${first + n}`), properties: { text } })),
      );
    }
    const order = (await edge.redisCommand("ZRANGE", "spool:order", "0", "-1")) as string[];
    expect(order).toHaveLength(4);
    const events = await Promise.all(
      order.map(async (name) => {
        const [, route, id] = name.split(" ");
        const entry = String(await edge.redisCommand("GET", `spool:${route}:${id}`));
        return entry.match(/"event":"e\d"/g);
      }),
    );
    expect(events.flat()).toEqual(Array.from({ length: 8 }, (_, n) => `"event":"e${n}"`));
  });

  test("one request in five seconds asks whether it is back; all others go to Redis at once", async () => {
    edge.setQStashAway(true);
    edge.faults.decide(() => "pass");
    for (let n = 0; n < 5; n += 1) await edge.capture(named("e"));
    expect(edge.timesAsked()).toBe(1);
    edge.clock.set(edge.clock.now() + 5 * SECOND_MS);
    for (let n = 0; n < 5; n += 1) await edge.capture(named("e"));
    expect(edge.timesAsked()).toBe(2);
    edge.setQStashAway(false);
    edge.clock.set(edge.clock.now() + 5 * SECOND_MS);
    for (let n = 0; n < 5; n += 1) await edge.capture(named("e"));
    expect(edge.timesAsked()).toBe(7);
    expect(await edge.spooled()).toBe(10);
    const told = edge.log.filter(({ source }) => source === "SYSTEM").map(({ message }) => message);
    expect(told).toEqual([
      expect.stringContaining("QStash is away, messages wait in Redis"),
      "QStash takes messages again",
    ]);
  });

  test("a request costs Redis one request of eight commands and its script", async () => {
    edge.setQStashAway(true);
    await edge.capture(named("warm up"));
    const before = edge.redis.counters();
    await edge.capture(...Array.from({ length: 50 }, (_, n) => named(`e${n}`)));
    const after = edge.redis.counters();
    expect([after.requests - before.requests, after.commands - before.commands]).toEqual([1, 9]);
  });

  test("what apps captured and scheduled is kept along, and jobs run when they are due", async () => {
    await edge.stop();
    const ran: number[] = [];
    const author = defineApp(
      "author",
      {},
      {
        createApp: ({ posthog, jobs }) => ({
          exports: {
            processEvent(event: { event: string }) {
              if (event.event !== "a") return event;
              (posthog as { capture(name: string): void }).capture("derived");
              const { later } = jobs as { later(payload: object): { runIn(n: number, unit: string): void } };
              later({}).runIn(3, "minutes");
              return event;
            },
            jobs: { later: () => void ran.push(edge.clock.now()) },
          },
          defaultExport: undefined,
          moduleExports: {},
          topLevel: {},
        }),
      },
    );
    edge = await startSpooling({ apps: [author] });
    edge.setQStashAway(true);
    const askedAt = edge.clock.now();
    expect((await edge.capture(named("a"))).status).toBe(200);
    edge.setQStashAway(false);
    await edge.tick();
    expect(edge.names().toSorted()).toEqual(["a", "derived"]);
    expect(ran).toEqual([]);
    await edge.advance(5 * MINUTE_MS);
    expect(ran).toEqual([askedAt + 3 * MINUTE_MS]);
  });

  test("an event above the message limit is kept too, and travels by reference later", async () => {
    await edge.stop();
    edge = await startSpooling({ settings: { QSTASH_MAX_MESSAGE_BYTES: "20000" } });
    edge.setQStashAway(true);
    const text = "x".repeat(100_000);
    expect((await edge.capture({ ...named("large"), properties: { text } })).status).toBe(200);
    edge.setQStashAway(false);
    await edge.tick();
    expect(edge.delivered()[0]?.properties["text"]).toBe(text);
    expect(await edge.redisCommand("KEYS", "oversize:*")).toEqual([]);
  });

  test("requests of which apps dropped everything are counted exactly all the same (EXACT_DROPS)", async () => {
    await edge.stop();
    edge = await startSpooling({
      apps: [defineApp("filter", { processEvent: () => null })],
      settings: { EXACT_DROPS: "1" },
    });
    edge.setQStashAway(true);
    expect((await edge.capture(named("a"))).status).toBe(200);
    edge.setQStashAway(false);
    await edge.tick();
    expect(await edge.accounts()).toMatchObject({ accepted: 1, dropped: { filter: 1 } });
  });

  test("snapshots of a recording are kept likewise", async () => {
    await edge.stop();
    const seen: string[] = [];
    edge = await startSpooling({
      apps: [
        defineApp("watcher", {
          onSnapshot: ({ distinct_id: id }: { distinct_id: string }) => void seen.push(id),
        }),
      ],
    });
    edge.setQStashAway(true);
    const recording = {
      event: "$snapshot",
      properties: {
        distinct_id: "u1",
        token: edge.token,
        $session_id: uuid(1),
        $snapshot_data: [{ type: 2, data: { node: {} } }],
      },
    };
    const answer = await fetch(`${edge.url}/s/`, { method: "POST", body: JSON.stringify(recording) });
    expect(answer.status).toBe(200);
    edge.setQStashAway(false);
    await edge.tick();
    expect(seen).toEqual(["u1"]);
  });

  test("a delivery whose follow-ups it does not take ends all the same: they wait in Redis, and no hook runs again", async () => {
    await edge.stop();
    let runs = 0;
    const author = defineApp(
      "author",
      {},
      {
        createApp: ({ posthog }) => ({
          exports: {
            onEvent({ event }: { event: string }) {
              if (event !== "a") return;
              runs += 1;
              (posthog as { capture(name: string): void }).capture("derived");
            },
          },
          defaultExport: undefined,
          moduleExports: {},
          topLevel: {},
        }),
      },
    );
    edge = await startSpooling({ apps: [author] });
    await edge.capture(named("a"));
    edge.setQStashAway(true);
    await edge.settle();
    expect(edge.qstash.counters()).toMatchObject({ delivered: 1, retried: 0 });
    edge.setQStashAway(false);
    await edge.tick();
    expect([edge.names().toSorted(), runs]).toEqual([["a", "derived"], 1]);
  });
});
