import { expect, test } from "vitest";
import { activityOf } from "./app-activity.ts";
import { countsAt, countsOfDropped, fields } from "./counts.ts";
import { totalsOf } from "./read.ts";

test("an app's hooks are told with what they did and how long they were waited for", () => {
  const stored = Object.entries({
    ...countsOfDropped({ shop: 2, other: 7 }),
    [fields.processed("shop")]: 90,
    [fields.failed("shop")]: 1,
    [fields.waited(5, "processEvent", "shop")]: 50,
    [fields.waited(200, "processEvent", "shop")]: 45,
    [fields.waited(30_000, "processEvent", "shop")]: 5,
    [fields.waited(1, "processEvent", "other")]: 1000,
    ...countsAt({ plugin: "shop", hook: "onEvent" }, { routed: 9, delivered: 7, dead: 2, retried: 3 }),
  }).flatMap(([field, number]) => [field, String(number)]);
  expect(activityOf(totalsOf([stored]), "shop")).toEqual([
    { hook: "processEvent", processed: 90, dropped: 2, failed: 1, retried: 0, p50Ms: 5, p95Ms: 200 },
    { hook: "onEvent", processed: 7, dropped: 0, failed: 2, retried: 3, p50Ms: null, p95Ms: null },
  ]);
});
