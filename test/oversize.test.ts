import { afterEach, expect, test } from "vitest";
import { laneKey } from "../src/delivery/breaker/lane.ts";
import { keys } from "../src/keys.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

const HOUR_MS = 3_600_000;
const MINUTE_17_MS = 17 * 60_000;

let edge: TestGateway;
afterEach(() => edge.stop());

const lane = () => laneKey(edge.token, { hook: "posthog" });
const texts = () => edge.redisCommand("KEYS", "oversize:*");

/** A PostHog that knows the token, or does not. */
function posthogKnows(known: boolean): void {
  edge.posthog.answerWith(() =>
    known ? Response.json({ status: "Ok" }) : new Response("no such project", { status: 401 }),
  );
}

/** Starts a gateway whose PostHog is parked, and sends it an event that fits into no message. */
async function parkWithLargeEvent(): Promise<void> {
  edge = await startTestGateway({ apps: [], settings: { QSTASH_MAX_MESSAGE_BYTES: "20000" } });
  posthogKnows(false);
  await edge.capture({ event: "first", distinct_id: "u1" });
  await edge.settle();
  await edge.capture({ event: "large", distinct_id: "u1", properties: { text: "x".repeat(50_000) } });
  await edge.settle();
}

async function setPaused(action: "pause" | "resume"): Promise<void> {
  const request = new Request(`http://qstash.example/v2/flowControl/${lane()}/${action}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${edge.qstashToken}` },
  });
  expect((await edge.qstash.fetch(request)).status).toBe(200);
}

/** Days with the cron tick at which it is kept house; Redis has a clock of its own, which is moved along by hand. */
async function passDays(days: number): Promise<void> {
  for (let day = 0; day < days; day += 1) {
    await edge.advance(24 * HOUR_MS);
    for (const key of (await edge.redisCommand("KEYS", "*oversize*")) as string[]) {
      const left = Number(await edge.redisCommand("TTL", key)) - 24 * 3600;
      await edge.redisCommand("EXPIRE", key, String(left));
    }
    const tickMs = Math.floor(edge.clock.now() / HOUR_MS) * HOUR_MS + MINUTE_17_MS;
    await edge.scheduled(tickMs);
    await edge.settle();
  }
}

test("an event too large for a message waits for a parked PostHog longer than Redis keeps it by itself", async () => {
  await parkWithLargeEvent();
  await edge.advance(HOUR_MS);
  // So many wait before it that its turn does not come.
  await setPaused("pause");
  await passDays(30);
  posthogKnows(true);
  await setPaused("resume");
  await edge.advance(24 * HOUR_MS);
  expect(await edge.accounts()).toMatchObject({
    destinations: [{ hook: "posthog", delivered: 2, dead: 0 }],
  });
  expect(await texts()).toEqual([]);
  await passDays(1);
  expect(await edge.redisCommand("EXISTS", keys.oversizeInLanes)).toBe(0);
});

test("what no message needs any more is not kept for longer", async () => {
  await parkWithLargeEvent();
  await setPaused("pause");
  await edge.redisCommand("SET", "oversize:retry:stray", "text", "EX", "1000000");
  await edge.redisCommand("ZADD", keys.oversizeInLanes, "0", "a-lane-that-is-empty oversize:retry:stray");
  await passDays(5);
  expect(Number(await edge.redisCommand("TTL", "oversize:retry:stray"))).toBeLessThan(600_000);
});
