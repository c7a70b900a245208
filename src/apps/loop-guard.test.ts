import { expect, test } from "vitest";
import { createLoopGuard } from "./loop-guard.ts";

test("a loop is cut by the clock where it advances, unless it awaits", () => {
  let nowMs = 1000;
  const guard = createLoopGuard({ limit: 1e9, timeoutMs: 1000, now: () => nowMs });
  const startedAtMs = guard(1024, 0, 3, 5);
  nowMs = 2000;
  expect(guard(2048, startedAtMs, 3, 5)).toBe(startedAtMs);
  nowMs = 2001;
  expect(() => guard(3072, startedAtMs, 3, 5)).toThrow(
    "Script execution timed out after looping for 1 second on line 3:5",
  );
  expect(guard(3072, 0, 3, 5)).toBe(2001);
});

test("a loop is cut by its iterations where the clock stands still", () => {
  const guard = createLoopGuard({ limit: 5000, timeoutMs: 30_000, now: () => 7 });
  expect(guard(4096, 7, 1, 1)).toBe(7);
  expect(() => guard(5120, 7, 1, 1)).toThrow("looping for 30 seconds on line 1:1");
});

test("an app's loops are cut at once when three were cut in full, whatever became of the errors", () => {
  const guard = createLoopGuard({ limit: 5000, timeoutMs: 30_000, now: () => 7 });
  for (let cut = 0; cut < 3; cut += 1) {
    expect(guard(1024, 0, 1, 1)).toBe(7);
    expect(() => guard(5120, 7, 1, 1)).toThrow("looping for 30 seconds");
  }
  expect(() => guard(1024, 0, 2, 2)).toThrow("looping for 30 seconds on line 2:2");
});
