import { expect, test } from "vitest";
import { createHookCounts } from "./hook-counts.ts";

test("waiting is counted by the span that it falls into, and handed over once", () => {
  let nowMs = 1000;
  const counts = createHookCounts(() => nowMs);
  for (const took of [0, 1, 3, 5, 99_000]) {
    nowMs = 1000 + took;
    counts.waited("onEvent", "a reader", 1000);
  }
  counts.processed("a reader", { processed: 3, failed: 0 });
  expect(counts.take("onEvent", "a reader")).toEqual({
    "waited onEvent 1 a reader": 2,
    "waited onEvent 5 a reader": 2,
    "waited onEvent 30000 a reader": 1,
  });
  expect(counts.take("onEvent", "a reader")).toEqual({});
  expect(counts.take()).toEqual({ "processed processEvent a reader": 3 });
});
