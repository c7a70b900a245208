import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRateLimiter } from "./rate-limit.ts";

function limiter(perMinute: number, maxKeys?: number) {
  const clock = { ms: 1_000_000 };
  const options = { perMinute, now: () => clock.ms, ...(maxKeys === undefined ? {} : { maxKeys }) };
  return { clock, take: createRateLimiter(options).take };
}

describe("a rate limiter", () => {
  test("grants a minute's worth at once, and then as fast as it refills", () => {
    const { clock, take } = limiter(60);
    expect([take("p", 60), take("p", 1)]).toEqual([0, 1]);
    clock.ms += 999;
    expect(take("p", 1)).toBe(1);
    clock.ms += 1;
    expect([take("p", 1), take("p", 1)]).toEqual([0, 1]);
  });

  test("says how long the same would have to wait, in whole seconds", () => {
    const { take } = limiter(60);
    take("p", 50);
    expect([take("p", 30), take("p", 10)]).toEqual([20, 0]);
  });

  test("grants what exceeds a minute's worth to a rested key, which pays it off afterwards", () => {
    const { clock, take } = limiter(10);
    expect([take("p", 30), take("p", 1)]).toEqual([0, 126]);
    clock.ms += 126_000;
    expect(take("p", 1)).toBe(0);
  });

  test("keeps its keys apart", () => {
    const { take } = limiter(1);
    expect([take("a", 1), take("b", 1), take("a", 1)]).toEqual([0, 0, 60]);
  });

  test("remembers no more keys than it may, and forgets the one not seen for the longest time", () => {
    const { take } = limiter(1, 2);
    for (const key of ["a", "b", "a", "c"]) take(key, 1);
    expect([take("a", 1), take("c", 1)]).toEqual([60, 60]);
    expect(take("b", 1)).toBe(0);
  });

  test("is not confused by a clock that is set back", () => {
    const { clock, take } = limiter(60);
    take("p", 60);
    clock.ms -= 500_000;
    expect(take("p", 1)).toBe(1);
    clock.ms += 1000;
    expect(take("p", 1)).toBe(0);
  });

  const steps = fc.array(
    fc.record({
      waitMs: fc.nat(30_000),
      cost: fc.integer({ min: 1, max: 40 }),
      key: fc.constantFrom("a", "b"),
    }),
    { maxLength: 60 },
  );

  test("never grants more than a minute's worth plus what was refilled, whatever is asked", () => {
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 100 }), steps, (perMinute, asked) => {
        const { clock, take } = limiter(perMinute);
        const start = clock.ms;
        const granted = new Map<string, number>();
        for (const { waitMs, cost, key } of asked) {
          clock.ms += waitMs;
          if (take(key, cost) === 0) granted.set(key, (granted.get(key) ?? 0) + cost);
          const allowed = perMinute + ((clock.ms - start) * perMinute) / 60_000;
          expect(granted.get(key) ?? 0).toBeLessThanOrEqual(allowed + 0.01);
        }
      }),
    );
  });

  test("grants what it refused after exactly the wait that it named", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), steps, (perMinute, asked) => {
        const { clock, take } = limiter(perMinute);
        for (const { waitMs, cost, key } of asked) {
          clock.ms += waitMs;
          const waitSeconds = take(key, cost);
          expect(Number.isInteger(waitSeconds)).toBe(true);
          clock.ms += waitSeconds * 1000;
          if (waitSeconds > 0) expect(take(key, cost)).toBe(0);
        }
      }),
    );
  });
});
