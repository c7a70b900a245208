import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createBuffer } from "./plugin-contrib.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each([
  ["flushes what it holds when the next object would exceed the limit", 10, [5, 5, 1], [[2, 10]], [[1, 1]]],
  ["flushes an object above the limit at once", 10, [11], [[1, 11]], []],
  ["keeps what fills it exactly for the timer", 10, [10], [], [[1, 10]]],
  [
    "flushes single objects with a limit of 1",
    1,
    [1, 1, 1],
    [
      [1, 1],
      [1, 1],
    ],
    [[1, 1]],
  ],
  ["flushes objects of no points by the timer", 10, [0, 0], [], [[2, 0]]],
])("a buffer in an app's own tests %s", async (_what, limit, points, atOnce, byTimer) => {
  const flushed: number[][] = [];
  const onFlush = (objects: unknown[], sum: number) => void flushed.push([objects.length, sum]);
  const buffer = createBuffer({ limit, timeoutSeconds: 1, onFlush });
  for (const one of points) buffer.add({}, one);
  expect(flushed).toEqual(atOnce);
  await vi.advanceTimersByTimeAsync(1000);
  expect(flushed).toEqual([...atOnce, ...byTimer]);
  await buffer.flush();
  expect(flushed).toHaveLength(atOnce.length + byTimer.length);
});

test("flush() waits for onFlush, and rejects with what it throws", async () => {
  const buffer = createBuffer({ onFlush: () => Promise.reject(new Error("down")) });
  buffer.add(1);
  await expect(buffer.flush()).rejects.toThrow("down");
  expect(buffer).toMatchObject({ _buffer: [], _points: 0, _timeout: null });
});
