import { describe, expect, test } from "vitest";
import { afterFailure, afterSuccess, isOverdue, type SetupState } from "./series.ts";

const nowMs = 1_000_000;
const context = { revision: 1, nowMs, newSeries: "new" };
const base = { revision: 1, series: "s", atMs: 0 };
const pending = (attempt: number): SetupState => ({ ...base, status: "pending", attempt, dueAtMs: 0 });
const ready: SetupState = { ...base, status: "ready" };
const disabled: SetupState = { ...base, status: "disabled", why: "Error: bad" };
const step = (attempt: number, series = "s") => ({ ...context, step: { series, attempt } });
const plain = { why: "Error: bad", isRetryable: false };
const retry = { why: "RetryError: away", isRetryable: true };

describe("a set-up that failed in an isolate", () => {
  test.each([
    ["starts a series", null, retry, { status: "pending", series: "new", attempt: 1, dueAtMs: nowMs + 5000 }],
    ["disables with a plain error", null, plain, { status: "disabled", why: "Error: bad" }],
    ["starts a series where the app is ready, whatever the error", ready, plain, { status: "pending" }],
    ["starts afresh after an older revision", { ...disabled, revision: 0 }, retry, { status: "pending" }],
  ] as const)("%s", (_guarantee, current, thrown, expected) => {
    expect(afterFailure(current, thrown, context)).toMatchObject(expected);
  });

  test.each([
    ["while a series is under way", pending(2)],
    ["when the app is disabled already", disabled],
    ["when it is of an older revision itself", { ...ready, revision: 2 }],
  ] as const)("changes nothing %s", (_when, current) => {
    expect(afterFailure(current, plain, context)).toBeNull();
    expect(afterSuccess(current, context)).toBeNull();
  });
});

describe("a series", () => {
  test("waits 5, 10, 20, 40 and 80 s, and disables after the sixth execution", () => {
    const waits: number[] = [];
    let state = afterFailure(null, retry, context);
    for (let attempt = 2; state?.status === "pending"; attempt += 1) {
      waits.push(state.dueAtMs - nowMs);
      state = afterFailure(state, retry, step(attempt, "new"));
    }
    expect(waits).toEqual([5000, 10_000, 20_000, 40_000, 80_000]);
    expect(state).toMatchObject({ status: "disabled", why: "RetryError: away" });
  });

  test("ends with a plain error", () => {
    expect(afterFailure(pending(1), plain, step(2))).toMatchObject({ status: "disabled", series: "s" });
  });

  test("ends with success", () => {
    expect(afterSuccess(pending(3), step(4))).toMatchObject({ status: "ready", series: "s" });
  });

  test.each([
    ["another series", pending(1), step(2, "old")],
    ["an attempt that has been made", pending(2), step(2)],
    ["an attempt that is not next", pending(1), step(3)],
    ["an app that is ready", ready, step(2)],
    ["an app that is disabled", disabled, step(2)],
    ["nothing that is known", null, step(2)],
  ])("is not moved by a message about %s", (_what, current, message) => {
    expect(afterFailure(current, retry, message)).toBeNull();
    expect(afterSuccess(current, message)).toBeNull();
  });

  test("counts as lost when its message is a minute late", () => {
    expect(isOverdue(pending(1), 60_000)).toBe(false);
    expect(isOverdue(pending(1), 60_001)).toBe(true);
    expect(isOverdue(ready, 60_001)).toBe(false);
  });
});
