import { afterEach, expect, test } from "vitest";
import { defineApp } from "../src/apps/testing.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

const HOUR_MS = 3_600_000;

let edge: TestGateway;
afterEach(() => edge.stop());

test("what waits for a Redis that is away for hours comes back ever more rarely, each time a message that is billed", async () => {
  const exported: object[] = [];
  edge = await startTestGateway({
    apps: [
      defineApp("broken", {
        onEvent() {
          throw new Error("bug");
        },
      }),
      defineApp("exporter", { exportEvents: (events: object[]) => void exported.push(...events) }, { id: 2 }),
    ],
  });
  edge.setRedisAway(true);
  await edge.capture({ event: "e", distinct_id: "u1" });
  await edge.advance(3 * HOUR_MS);
  // Two that wait, and the counts.
  expect(edge.qstash.counters().published).toBeLessThan(2 * 25 + 2);
  edge.setRedisAway(false);
  await edge.advance(HOUR_MS / 2);
  expect(await edge.deadLetters()).toHaveLength(1);
  expect(exported).toHaveLength(1);
});
