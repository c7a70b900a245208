import { describe, expect, test } from "vitest";
import { createAppMetrics, metricKinds } from "./metrics.ts";

describe("an app's metrics", () => {
  test("are declared in whatever case, and every exporting app has some", () => {
    expect(metricKinds({ a: "sum", b: "mAx", c: "MIN" }, false)).toEqual({ a: "sum", b: "max", c: "min" });
    expect(Object.keys(metricKinds({}, true))).toEqual([
      "events_seen",
      "events_delivered_successfully",
      "undelivered_events",
      "retry_errors",
      "other_errors",
    ]);
  });

  test("can be printed, and tell of a name that is none", () => {
    const metrics = createAppMetrics({ kinds: { a: "sum" }, now: () => new Date(), flush() {} });
    expect(JSON.stringify({ metrics })).toBe('{"metrics":{"a":{}}}');
    expect(() => metrics["b"]).toThrow("Invalid metric name");
  });

  test("of a kind that does not exist keep the app from loading", () => {
    expect(() => metricKinds({ a: "avg", b: "sum" }, false)).toThrow(
      "Only 'sum', 'max', and 'min' are supported as metric types. Invalid types received: avg",
    );
  });

  test("come together for a minute", () => {
    let nowMs = 0;
    const flushed: unknown[] = [];
    const metrics = createAppMetrics({
      kinds: { total: "sum", most: "max", least: "min" },
      now: () => new Date(nowMs),
      flush: (values) => flushed.push(values),
    });
    for (const value of [3, 1, 2]) {
      metrics["total"]?.["increment"]?.(value);
      metrics["most"]?.["max"]?.(value);
      metrics["least"]?.["min"]?.(value);
    }
    expect(flushed).toEqual([]);
    nowMs = 60_000;
    metrics["total"]?.["increment"]?.(4);
    expect(flushed).toEqual([{ total: 10, most: 3, least: 1 }]);
  });

  test("refuse what is no number, another metric's operation and an unknown name", () => {
    const metrics = createAppMetrics({ kinds: { total: "sum" }, now: () => new Date(0), flush: () => {} });
    expect(() => metrics["total"]?.["increment"]?.("text" as never)).toThrow(
      "Only numbers are allowed for operations on metrics",
    );
    expect(metrics["total"]?.["max"]).toBeUndefined();
    expect(() => metrics["other"]).toThrow("Invalid metric name");
  });
});
