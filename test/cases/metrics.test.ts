import { describe, expect, test } from "vitest";
import { deploy, propertiesAfter } from "./deploy.ts";

const MINUTE_MS = 60_000;

describe("an app's metrics", () => {
  test("are declared in any case, and have one operation each [395, 396]", async () => {
    const app = `export const metrics = { total: 'sum', most: 'mAx', least: 'MIN' }
      export function processEvent(e, { metrics }) {
        e.properties.operations = [metrics.total, metrics.most, metrics.least].map((metric) => Object.keys(metric).join())
        return e
      }`;
    expect(await propertiesAfter(app)).toMatchObject({
      operations: ["increment", "max", "min"],
      $plugins_failed: [],
    });
  });

  test("of an exporting app have PostHog's names for its deliveries, beside its own [291]", async () => {
    const edge = await deploy({
      app: "export function exportEvents() {} export const metrics = { own: 'max' }",
    });
    await edge.send("e");
    const { metrics } = (await (await edge.admin("apps/app")).json()) as { metrics: object };
    expect(metrics).toEqual({
      events_seen: "sum",
      events_delivered_successfully: "sum",
      undelivered_events: "sum",
      retry_errors: "sum",
      other_errors: "sum",
      own: "max",
    });
  });

  test("of a kind that does not exist keep the app from loading [397]", async () => {
    const edge = await deploy({
      app: "exports.metrics = { a: 'avg', b: 'sum' }; exports.processEvent = () => null",
    });
    expect((await edge.send("e"))?.properties).toEqual({ $ip: "127.0.0.1" });
    expect(edge.messages().join("\n")).toContain(
      "IllegalOperationError: Only 'sum', 'max', and 'min' are supported as metric types. Invalid types received: avg",
    );
  });

  test.each([
    [
      "metrics.total.increment('text')",
      "IllegalOperationError: Only numbers are allowed for operations on metrics",
    ],
    [
      "metrics.total.increment()",
      "IllegalOperationError: Only numbers are allowed for operations on metrics",
    ],
    ["metrics.other.increment(1)", "Error: Invalid metric name"],
    ["metrics.total.max(1)", "total.max is not a function"],
  ])("refuse %s [398–400]", async (use, message) => {
    const edge = await deploy({
      app: `export const metrics = { total: 'sum' }; export function processEvent(e, { metrics }) { ${use}; return e }`,
    });
    expect((await edge.send("e"))?.properties["$plugins_failed"]).toEqual(["app (1)"]);
    expect(edge.messages()[0]).toContain(message);
  });

  test("are reported by an event once a minute, while they change, and cost nothing before [401]", async () => {
    const edge = await deploy({
      app: {
        "plugin.json": '{"name":"Counter"}',
        "index.js": `export const metrics = { total: 'sum', most: 'max', least: 'min' }
          export function processEvent(e, { metrics }) {
            if (e.event !== 'sale') return e
            const { n } = e.properties
            metrics.total.increment(n); metrics.most.max(n); metrics.least.min(n)
            return e
          }`,
      },
    });
    const reports = () => edge.delivered().filter(({ event }) => event === "$$plugin_metrics");
    for (const n of [3, 5, 1]) await edge.send("sale", { properties: { n } });
    expect(reports()).toEqual([]);
    await edge.advance(MINUTE_MS);
    await edge.send("sale", { properties: { n: 2 } });
    expect(reports()).toMatchObject([
      { properties: { plugin_name: "Counter", plugin_id: 1, total: 11, most: 5, least: 1 } },
    ]);
    await edge.advance(MINUTE_MS);
    await edge.send("other");
    expect(reports()).toHaveLength(1);
  });
});
