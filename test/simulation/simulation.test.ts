import { expect, test } from "vitest";
import { expectPromisesKept } from "./report.ts";
import { run } from "./run.ts";
import { scheduleOf } from "./schedule.ts";

const SEEDS = 200;

test("whatever breaks, nothing acknowledged is lost, and all is counted once and at rest in the end", async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) await expectPromisesKept(seed);
}, 600_000);

test("the same seed gives the same history, call by call, so that a failure can be looked at again", async () => {
  const live = async (seed: number) => (await run(scheduleOf(seed))).calls;
  const seeds = [4, 14, 104];
  const first = new Map<number, readonly string[]>();
  for (const seed of seeds) first.set(seed, await live(seed));
  for (const seed of seeds.toReversed()) expect(await live(seed)).toEqual(first.get(seed));
});
