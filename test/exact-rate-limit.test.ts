import { afterEach, expect, test, vi } from "vitest";
import { startTestGateway, type TestGateway } from "./gateway.ts";

// The minutes of the exact rate limit are those of the real clock, and none may end within a test. Set before the first
// gateway closes the built-ins.
vi.useFakeTimers({ toFake: ["Date"] });

let edge: TestGateway;
afterEach(() => edge.stop());

async function start(eventsPerMinute: number): Promise<void> {
  const settings = { RATE_LIMIT_PER_MINUTE: String(eventsPerMinute), RATE_LIMIT_EXACT: "1" };
  edge = await startTestGateway({ apps: [], settings });
}

test("the exact rate limit counts a project's events in all isolates together, and costs one request to Redis", async () => {
  await start(3);
  const one = { event: "e", distinct_id: "u1" };
  const statuses: number[] = [];
  for (const events of [[one, one], [one], [one]]) {
    statuses.push((await edge.capture(...events)).status);
    edge.restart();
  }
  expect(statuses).toEqual([200, 200, 429]);
  edge.faults.decide(() => "pass");
  const refused = await edge.capture(one);
  expect(edge.faults.calls()).toHaveLength(1);
  expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({ code: "rate_limited" });
  await edge.settle();
  expect(edge.delivered()).toHaveLength(3);
});

test("the exact rate limit keeps nobody out while Redis is away", async () => {
  await start(1);
  edge.setRedisAway(true);
  expect((await edge.capture({ event: "e", distinct_id: "u1" })).status).toBe(200);
  edge.setRedisAway(false);
});
