import { expect, test } from "vitest";
import { hourOf } from "./add.ts";
import { countsAt, countsOfAccepted, countsOfDropped, fields, sumCounts } from "./counts.ts";
import { totalsOf } from "./read.ts";

const stored = (counts: Record<string, number>) =>
  Object.entries(counts).flatMap(([name, n]) => [name, `${n}`]);

test("hours add up to totals by app, hook and outcome", () => {
  const first = sumCounts([
    countsOfAccepted(10, Date.UTC(2036, 2, 1, 10, 59, 59)),
    { [fields.duplicate]: 1 },
    countsOfDropped({ filter: 2 }),
    countsAt({ hook: "posthog" }, { routed: 7, delivered: 5, retried: 2, dead: 0 }),
    countsAt({ plugin: "reader", hook: "onEvent" }, { routed: 7, ignored: 7 }),
  ]);
  const second = sumCounts([
    countsAt({ hook: "posthog" }, { delivered: 2 }),
    { [fields.invalid("missing_event_name")]: 3 },
    { [fields.processed("filter")]: 8, [fields.failed("filter")]: 1 },
    { [fields.waited(50, "onEvent", "reader")]: 3, [fields.waited(20, "jobs.send mail", "reader")]: 1 },
    countsAt({ plugin: "reader", hook: "jobs.send mail" }, { routed: 1, delivered: 1 }),
  ]);
  expect(totalsOf([stored(first), null, stored(second)])).toEqual({
    accepted: 10,
    duplicate: 1,
    dropped: { filter: 2 },
    processed: { filter: 8 },
    failed: { filter: 1 },
    waits: [
      { hook: "onEvent", plugin: "reader", boundMs: 50, calls: 3 },
      { hook: "jobs.send mail", plugin: "reader", boundMs: 20, calls: 1 },
    ],
    invalid: { missing_event_name: 3 },
    destinations: [
      { hook: "posthog", routed: 7, delivered: 7, ignored: 0, dead: 0, retried: 2 },
      { hook: "onEvent", plugin: "reader", routed: 7, delivered: 0, ignored: 7, dead: 0, retried: 0 },
      {
        hook: "jobs.send mail",
        plugin: "reader",
        routed: 1,
        delivered: 1,
        ignored: 0,
        dead: 0,
        retried: 0,
      },
    ],
  });
});

test("an account is named by the hour in UTC", () => {
  expect(hourOf(Date.UTC(2036, 2, 1, 10, 59, 59))).toBe("2036-03-01T10");
});

test("what is accepted counts for its five minutes too", () => {
  expect(countsOfAccepted(3, Date.UTC(2036, 2, 1, 10, 59, 59))).toEqual({
    accepted: 3,
    "span 2036-03-01T10:55": 3,
  });
});
