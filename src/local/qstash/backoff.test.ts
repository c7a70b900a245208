import { describe, expect, it } from "vitest";
import { backoffMs } from "./backoff.ts";

const now = Date.UTC(2026, 10, 20, 12, 0, 0);
const delay = (headers: Record<string, string>, rest: { expression?: string; retried?: number } = {}) =>
  backoffMs({ response: new Headers(headers), expression: rest.expression, retried: rest.retried ?? 0, now });

describe("backoffMs", () => {
  it.each([
    [0, 12],
    [1, 2 * 60 + 28],
    [2, 30 * 60 + 8],
    [3, 6 * 3600 + 7 * 60 + 6],
    [4, 86_400],
    [5, 86_400],
  ])("waits QStash's default after %d retries: %d s", (retried, seconds) => {
    expect(delay({}, { retried })).toBe(seconds * 1000);
  });

  it("lets the message's expression replace the default", () => {
    expect(delay({}, { expression: "5000 * pow(2, retried)", retried: 2 })).toBe(20_000);
    expect(delay({}, { expression: "0 - 5" })).toBe(0);
    expect(delay({}, { expression: "1 / 0" })).toBe(12_000);
  });

  it.each(["retry-after", "x-ratelimit-reset", "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens"])(
    "lets %s of the answer replace both",
    (name) => {
      expect(delay({ [name]: "7" }, { expression: "1000" })).toBe(7000);
    },
  );

  it.each([
    ["0", 0],
    ["10", 10_000],
    ["6m5s", 365_000],
    ["86400", 86_400_000],
    ["Fri, 20 Nov 2026 12:00:30 GMT", 30_000],
    ["Fri, 20 Nov 2026 11:00:00 GMT", 0],
  ])("reads Retry-After: %s as %d ms", (value, ms) => {
    expect(delay({ "retry-after": value })).toBe(ms);
  });

  it.each(["86401", "25h", "Sun, 22 Nov 2026 12:00:00 GMT", "soon", "-1", "2026-11-20"])(
    "does not heed Retry-After: %s",
    (value) => {
      expect(delay({ "retry-after": value })).toBe(12_000);
    },
  );

  it("takes the next header when one cannot be read", () => {
    expect(delay({ "retry-after": "soon", "x-ratelimit-reset": "3" })).toBe(3000);
  });
});
