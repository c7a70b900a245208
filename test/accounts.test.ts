import { afterEach, describe, expect, test } from "vitest";
import { RetryError } from "../src/apps/errors.ts";
import { defineApp } from "../src/apps/testing.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

let edge: TestGateway;
afterEach(() => edge.stop());

const filter = defineApp("filter", {
  processEvent: (event: { event: string }) => (event.event.startsWith("noise") ? null : event),
});
const event = (name: string) => ({ event: name, distinct_id: "u1" });

describe("every accepted event is accounted for", () => {
  test("by app, hook and outcome: delivered, dropped, ignored, retried and dead", async () => {
    let failed = false;
    edge = await startTestGateway({
      apps: [
        filter,
        defineApp("reader", {
          onEvent({ event: name }: { event: string }) {
            if (name === "bad") throw new Error("bug");
            if (name !== "late" || failed) return;
            failed = true;
            throw new RetryError("busy");
          },
          onSnapshot: () => {},
        }),
        defineApp("exporter", { exportEvents: () => {} }, { config: { exportEventsToIgnore: "good" } }),
      ],
    });
    await edge.capture(...["good", "bad", "late", "noise", "noise"].map(event));
    await edge.settle();
    await edge.advance(60_000);
    const totals = await edge.accounts();
    expect(totals).toMatchObject({ accepted: 5, duplicate: 0, dropped: { filter: 2 }, invalid: {} });
    expect(totals.destinations.toSorted((a, b) => (a.hook < b.hook ? -1 : 1))).toEqual([
      { hook: "exportEvents", plugin: "exporter", routed: 3, delivered: 2, ignored: 1, dead: 0, retried: 0 },
      { hook: "onEvent", plugin: "reader", routed: 3, delivered: 2, ignored: 0, dead: 1, retried: 1 },
      { hook: "onSnapshot", plugin: "reader", routed: 3, delivered: 0, ignored: 3, dead: 0, retried: 0 },
      { hook: "posthog", routed: 3, delivered: 3, ignored: 0, dead: 0, retried: 0 },
    ]);
  });

  test("with what each app of the chain did, and how long hooks were waited for", async () => {
    edge = await startTestGateway({
      apps: [
        filter,
        defineApp(
          "waiter",
          {
            async processEvent(entered: { event: string }) {
              await Promise.resolve();
              if (entered.event === "bad") throw new Error("bug");
              return entered;
            },
            onEvent: () => {},
          },
          { id: 2 },
        ),
      ],
    });
    await edge.capture(...["good", "bad", "noise", "noise"].map(event));
    await edge.settle();
    const { processed, failed, dropped, waits } = await edge.accounts();
    expect({ processed, failed, dropped }).toEqual({
      processed: { filter: 2, waiter: 1 },
      failed: { waiter: 1 },
      dropped: { filter: 2 },
    });
    expect(waits.toSorted((a, b) => (a.hook < b.hook ? -1 : 1))).toEqual([
      { hook: "onEvent", plugin: "waiter", boundMs: 1, calls: 2 },
      { hook: "processEvent", plugin: "waiter", boundMs: 1, calls: 2 },
    ]);
  });

  test("also while PostHog is away, when it refuses, and when a request is split over messages", async () => {
    edge = await startTestGateway({ apps: [filter], settings: { QSTASH_MAX_MESSAGE_BYTES: "20000" } });
    let answers = 0;
    edge.posthog.answerWith(() => {
      answers += 1;
      if (answers === 1) return new Response("down", { status: 503 });
      return answers === 2 ? new Response("no", { status: 400 }) : Response.json({ status: "Ok" });
    });
    const large = Array.from({ length: 8 }, (_, n) => ({
      event: `e${n}`,
      distinct_id: "u1",
      properties: { text: "x".repeat(4000) },
    }));
    await edge.capture(event("noise"), ...large);
    await edge.settle();
    await edge.advance(60_000);
    const { accepted, dropped, destinations } = await edge.accounts();
    expect([accepted, dropped]).toEqual([9, { filter: 1 }]);
    const [posthog] = destinations;
    expect(posthog).toMatchObject({ hook: "posthog", routed: 8 });
    expect(posthog?.retried).toBeGreaterThan(0);
    expect(posthog?.dead).toBeGreaterThan(0);
    expect((posthog?.delivered ?? 0) + (posthog?.dead ?? 0)).toBe(8);
  });

  test("when apps drop a whole request, without a message and soon", async () => {
    edge = await startTestGateway({ apps: [filter] });
    await Promise.all([edge.capture(event("noise")), edge.capture(event("noise"), event("noise"))]);
    await edge.settle();
    expect(await edge.accounts()).toMatchObject({ accepted: 3, dropped: { filter: 3 }, destinations: [] });
    expect(edge.qstash.counters().published).toBe(0);
    expect(edge.redis.counters().requests).toBeLessThan(4);
  });

  test("when apps drop a whole request, exactly once with EXACT_DROPS, by a message", async () => {
    edge = await startTestGateway({ apps: [filter], settings: { EXACT_DROPS: "1" } });
    const noise = { ...event("noise"), uuid: "0190f0a0-0000-7000-8000-000000000001" };
    await edge.capture(noise);
    await edge.settle();
    await edge.advance(11 * 60_000);
    await edge.capture(noise);
    await edge.settle();
    expect(edge.qstash.counters().published).toBe(2);
    expect(await edge.accounts()).toMatchObject({ accepted: 1, dropped: { filter: 1 } });
  });

  test("when Redis was away for its delivery, once it is back", async () => {
    edge = await startTestGateway({ apps: [defineApp("reader", { onEvent: () => {} })] });
    await edge.capture(event("warm up"));
    await edge.settle();
    edge.setRedisAway(true);
    await edge.capture(event("e"), event("f"));
    await edge.capture(event("g"));
    await edge.settle();
    expect(edge.delivered()).toHaveLength(4);
    expect(
      edge.log.filter(({ message }) => message.includes("Redis does not record deliveries")),
    ).toHaveLength(1);
    await edge.advance(31_000);
    edge.setRedisAway(false);
    await edge.advance(3_600_000);
    expect(await edge.accounts()).toMatchObject({
      accepted: 4,
      destinations: expect.arrayContaining([
        expect.objectContaining({ hook: "posthog", routed: 4, delivered: 4 }),
        expect.objectContaining({ hook: "onEvent", routed: 4, delivered: 4 }),
      ]),
    });
    expect(edge.delivered()).toHaveLength(4);
  });
});

test("what capture refuses is counted by reason, and not among the accepted", async () => {
  edge = await startTestGateway({ apps: [] });
  await edge.capture(event("good"), { event: "no one" }, { distinct_id: "u1" });
  await edge.settle();
  expect(await edge.accounts()).toMatchObject({
    accepted: 1,
    invalid: { missing_distinct_id: 1, missing_event_name: 1 },
  });
});
