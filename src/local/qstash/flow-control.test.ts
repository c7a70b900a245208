import { describe, expect, it } from "vitest";
import { allowance, countStarts, type Flow, opensAt } from "./flow-control.ts";

const open: Flow = {
  parallelism: undefined,
  rate: undefined,
  periodMs: 1000,
  paused: false,
  pinnedParallelism: false,
  pinnedRate: false,
  count: 0,
  periodStart: 0,
};
const now = 10_000;

describe("flow control", () => {
  it.each<[string, Partial<Flow>, number, number, number | null]>([
    ["no limit", {}, 50, Number.POSITIVE_INFINITY, now],
    ["a parallelism with places left", { parallelism: 5 }, 3, 2, now],
    ["a parallelism that is reached", { parallelism: 5 }, 5, 0, null],
    ["a parallelism that was lowered", { parallelism: 5 }, 9, 0, null],
    ["a rate with some left", { rate: 5, count: 3, periodStart: now - 999 }, 0, 2, now],
    ["a rate that is used up", { rate: 5, count: 5, periodStart: now - 999 }, 0, 0, now + 1],
    ["a rate whose period is over", { rate: 5, count: 5, periodStart: now - 1000 }, 0, 5, now],
    ["both, the narrower counting", { rate: 5, count: 4, periodStart: now, parallelism: 9 }, 2, 1, now],
    ["both, the parallelism reached", { rate: 5, count: 0, periodStart: now, parallelism: 2 }, 2, 0, null],
    ["a pause", { paused: true }, 0, 0, null],
  ])("with %s admits what it should, when it should", (_, limits, running, allowed, at) => {
    const flow = { ...open, ...limits };
    expect(allowance(flow, running, now)).toBe(allowed);
    expect(opensAt(flow, running, now)).toBe(at);
  });

  it("begins a period with the first start after the last one is over", () => {
    const first = countStarts({ ...open, rate: 2 }, 1, now);
    expect(first).toMatchObject({ periodStart: now, count: 1 });
    expect(countStarts(first, 1, now + 999)).toMatchObject({ periodStart: now, count: 2 });
    expect(countStarts(first, 1, now + 1500)).toMatchObject({ periodStart: now + 1500, count: 1 });
  });
});
