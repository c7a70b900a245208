import { afterEach, describe, expect, test } from "vitest";
import type { PluginEvent } from "../../src/event.ts";
import { edge, flushed, onFlush, send, start, startApp, summary, type Meta } from "./buffers.fixture.ts";
import { deliveryCost } from "../gateway.ts";

afterEach(() => edge.stop());

describe("a buffer of createBuffer", () => {
  test.each<[string, number, (number | undefined)[], number[][]]>([
    [
      "what it held is flushed when the next object would exceed the limit",
      10,
      [5, 5, 1],
      [
        [2, 10, 0],
        [1, 1, 1000],
      ],
    ],
    ["an object above the limit goes at once and whole", 10, [11], [[1, 11, 0]]],
    [
      "an object above the limit does not take along what was there",
      10,
      [3, 11],
      [
        [1, 3, 0],
        [1, 11, 0],
      ],
    ],
    [
      "limit 1 brings single objects, the last one by its time",
      1,
      [1, 1, 1],
      [
        [1, 1, 0],
        [1, 1, 0],
        [1, 1, 1000],
      ],
    ],
    ["reaching the limit exactly waits for the time", 10, [10], [[1, 10, 1000]]],
    ["an object counts one point when none are named", 2, [undefined, undefined], [[2, 2, 1000]]],
    ["objects of no points are flushed by time", 10, [0, 0], [[2, 0, 1000]]],
    [
      "points may be fractions",
      1,
      [0.5, 0.5, 0.25],
      [
        [2, 1, 0],
        [1, 0.25, 1000],
      ],
    ],
  ])("%s", async (_guarantee, limit, points, expected) => {
    await start({ limit, timeoutSeconds: 1 });
    await send(...points);
    await edge.advance(60_000);
    expect(summary()).toEqual(expected);
    expect(await edge.redisCommand("KEYS", "export:*")).toEqual([]);
  });

  test("has room for 10 points and waits for 60 s unless told otherwise", async () => {
    await start({});
    await send(10);
    await edge.advance(120_000);
    expect(summary()).toEqual([[1, 10, 60_000]]);
  });

  test("gathers the events of several isolates, in the order in which they came", async () => {
    await start({ timeoutSeconds: 5 });
    await send(1);
    edge.restart();
    await send(1, 1);
    await edge.advance(5000);
    expect(flushed.map(({ objects }) => objects)).toEqual([[0, 0, 1]]);
  });

  test("holds what was added before the event is acknowledged, in one Redis request for 50 events", async () => {
    await start({ limit: 100 });
    await send(1);
    const before = edge.redis.counters();
    const batch = Array.from({ length: 50 }, () => ({ event: "e", distinct_id: "u1" }));
    expect((await edge.capture(...batch)).status).toBe(200);
    expect(edge.redis.counters().requests - before.requests).toBe(1);
    expect(await edge.redisCommand("LLEN", "export:phc_test:app/0:buffer")).toBe(51);
  });

  test("costs an event nothing that adds nothing", async () => {
    await startApp((createBuffer) => {
      createBuffer({ onFlush });
      return { processEvent: (event: PluginEvent) => event };
    });
    await send(1);
    const before = edge.redis.counters();
    await send(1);
    expect(edge.redis.counters()).toEqual({
      commands: before.commands + deliveryCost.commands,
      requests: before.requests + deliveryCost.requests,
    });
  });

  test("is known by its place among the app's buffers, wherever they are made", async () => {
    const orders: unknown[] = [];
    await startApp((createBuffer) => {
      const users = createBuffer({ timeoutSeconds: 1, onFlush });
      const ordered = createBuffer({ timeoutSeconds: 1, onFlush: (objects) => void orders.push(...objects) });
      return {
        processEvent(event: PluginEvent) {
          users.add("user");
          ordered.add("order");
          return event;
        },
      };
    });
    await send(1);
    edge.restart();
    await edge.advance(1000);
    expect([flushed.flatMap(({ objects }) => objects), orders]).toEqual([["user"], ["order"]]);
  });

  test("brings objects as JSON, and runs onFlush as the app's own work", async () => {
    await startApp((createBuffer) => {
      const buffer = createBuffer({
        timeoutSeconds: 1,
        onFlush,
      });
      return {
        onEvent() {
          buffer.add({ at: new Date(0), none: undefined });
        },
      };
    });
    await send(1);
    await edge.advance(1000);
    expect(flushed[0]?.objects).toEqual([{ at: "1970-01-01T00:00:00.000Z" }]);
  });

  test("whose onFlush captures what is added again ends after ten captures in a row", async () => {
    const captured: unknown[] = [];
    await startApp((createBuffer, posthog) => {
      const buffer = createBuffer({
        timeoutSeconds: 1,
        onFlush: () => posthog.capture("again"),
      });
      return {
        processEvent(event: PluginEvent) {
          captured.push(event.event);
          buffer.add(event.event);
          return event;
        },
      };
    });
    await send(1);
    await edge.advance(60_000);
    expect(captured).toEqual(["e", ...Array.from({ length: 9 }, () => "again")]);
    expect(edge.log).toMatchObject([{ level: "ERROR", message: expect.stringContaining("endless loop") }]);
  });

  test("locates the addresses in its objects as the platform did when their events arrived", async () => {
    const located: unknown[] = [];
    await startApp((createBuffer) => ({
      setupPlugin({ global, geoip }: Meta) {
        global["buffer"] = createBuffer({
          timeoutSeconds: 1,
          async onFlush([ip]) {
            located.push((await geoip.locate(String(ip)))?.city?.names["en"]);
          },
        });
      },
      processEvent(event: PluginEvent, { global }: Meta) {
        global["buffer"]?.add(event.ip);
        return event;
      },
    }));
    await fetch(`${edge.url}/e/`, {
      method: "POST",
      headers: { "CF-Connecting-IP": "203.0.113.7" },
      body: JSON.stringify({ api_key: edge.token, event: "e", distinct_id: "u1" }),
    });
    await edge.advance(2000);
    expect(located).toEqual(["Platform"]);
  });
});
