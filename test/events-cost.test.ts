import { afterEach, describe, expect, test } from "vitest";
import { defineApp } from "../src/apps/testing.ts";
import { keys } from "../src/keys.ts";
import type { ToldStory } from "../src/stories/read.ts";
import { createVisitor } from "./admin.fixture.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

const SECOND_MS = 1000;
let edge: TestGateway;
afterEach(() => edge.stop());

async function start(samples = "1"): Promise<void> {
  const app = defineApp("app", { processEvent: (event: object) => event, onEvent: () => {} });
  edge = await startTestGateway({ apps: [app], settings: { EVENT_SAMPLES: samples } });
}

/** A request a second with so many events each, all delivered; resolves to what Redis was asked for it. */
async function traffic(seconds: number, events: number) {
  const before = edge.redis.counters();
  for (let n = 0; n < seconds; n += 1) {
    await edge.capture(...Array.from({ length: events }, (_, k) => ({ event: `e${k}`, distinct_id: "u1" })));
    await edge.settle();
    edge.clock.set(edge.clock.now() + SECOND_MS);
  }
  const after = edge.redis.counters();
  return { commands: after.commands - before.commands, requests: after.requests - before.requests };
}

const stored = async () => Number(await edge.redisCommand("HLEN", keys.stories(edge.token)));

describe("samples that nobody looks at", () => {
  test.each([1, 10])(
    "cost two requests of 15 commands a minute under steady traffic of %i events a request",
    async (events) => {
      const seconds = 90;
      await start("0");
      await traffic(10, events);
      const without = await traffic(seconds, events);
      await edge.stop();
      await start();
      await traffic(10, events);
      const sampled = await traffic(seconds, events);
      const [requests, commands] = [sampled.requests - without.requests, sampled.commands - without.commands];
      const writes = (2 * seconds) / 60;
      expect(requests).toBeLessThanOrEqual(writes + 1);
      expect(commands).toBeLessThanOrEqual(15 * (writes + 1));
      expect(await stored()).toBeGreaterThan(30);
    },
  );

  test("are written at once where there is little traffic, with what became of them", async () => {
    await start();
    await edge.capture({ event: "alone", distinct_id: "u1" });
    await edge.settle();
    expect(await stored()).toBe(1);
    expect(await edge.redisCommand("HLEN", keys.storyAttempts(edge.token))).toBe(1);
  });

  test("are all there for whoever asks the isolate that holds them", async () => {
    await start();
    await traffic(25, 1);
    const before = await stored();
    const answer = (await (await edge.admin("events?limit=200")).json()) as { entries: ToldStory[] };
    expect([before < 25, answer.entries.length]).toEqual([true, 25]);
    expect(answer.entries.every(({ deliveries }) => deliveries.length === 2)).toBe(true);
  });

  test("are written at once by every isolate that knows of somebody who watches", async () => {
    await start();
    const visitor = createVisitor(edge.url);
    await visitor.logIn(edge.adminToken);
    await traffic(25, 1);
    await visitor.get("/admin/events");
    await edge.capture({ event: "seen", distinct_id: "u1" });
    await edge.settle();
    expect(await stored()).toBe(26);
  });

  test("that Redis does not take are lost, and cost no event anything", async () => {
    await start();
    edge.setRedisAway(true);
    await edge.capture({ event: "through", distinct_id: "u1" });
    await edge.settle();
    edge.setRedisAway(false);
    await edge.capture({ event: "after", distinct_id: "u1" });
    await edge.settle();
    expect(edge.delivered().map(({ event }) => event)).toEqual(["through", "after"]);
  });
});
