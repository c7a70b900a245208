import { expect, test } from "vitest";
import { expectPromisesKept } from "./report.ts";
import { run } from "./run.ts";
import { scheduleOf } from "./schedule.ts";

const SEEDS = 100;

test("whatever breaks, nothing acknowledged is lost, and all is counted once and at rest in the end", async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) await expectPromisesKept(seed);
}, 600_000);

test("the same seed gives the same history, so that a failure can be looked at again", async () => {
  const [first, second] = [await run(scheduleOf(4)), await run(scheduleOf(4))];
  expect(first.faults.size).toBeGreaterThan(0);
  expect(second.story).toEqual(first.story);
});
