import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLogFlushing } from "./flushing.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start() {
  const background: Promise<unknown>[] = [];
  const state = { waiting: 0, flushes: 0 };
  const logs = createLogFlushing(
    () => {
      if (state.waiting === 0) return undefined;
      state.waiting = 0;
      state.flushes += 1;
      return Promise.resolve();
    },
    (promise) => background.push(promise),
  );
  const log = () => {
    state.waiting += 1;
    logs.logged();
  };
  return { background, state, logs, log };
}

test("sends what was logged when the work ends, without waiting for a timer", async () => {
  const { background, state, logs, log } = start();
  log();
  log();
  logs.end();
  await Promise.all(background);
  expect(state).toEqual({ waiting: 0, flushes: 1 });
  expect(vi.getTimerCount()).toBe(0);
});

test("starts nothing in the background when nothing was logged", () => {
  const { background, logs } = start();
  logs.end();
  expect(background).toEqual([]);
});

test("sends within a second while the work goes on, and less often the longer it does", async () => {
  const { state, log } = start();
  for (let second = 0; second < 60; second += 1) {
    log();
    await vi.advanceTimersByTimeAsync(1000);
    if (second === 0) expect(state.flushes).toBe(1);
  }
  expect(state.flushes).toBe(8);
});

test("sends what is logged after the end at once, together", async () => {
  const { background, state, logs, log } = start();
  logs.end();
  log();
  log();
  await vi.advanceTimersByTimeAsync(0);
  await Promise.all(background);
  expect(state).toEqual({ waiting: 0, flushes: 1 });
});
