import { afterEach, describe, expect, test } from "vitest";
import type { BufferControls } from "../src/apps/buffer.ts";
import type { AppDefinition, AppHost } from "../src/apps/definition.ts";
import { RetryError } from "../src/apps/errors.ts";
import { defineApp } from "../src/apps/testing.ts";
import type { PluginEvent } from "../src/event.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

interface Meta {
  global: Record<string, BufferControls>;
  geoip: { locate(ip: string): Promise<{ city?: { names: Record<string, string> } } | null> };
}
type CreateBuffer = (options?: Partial<BufferControls["_options"]>) => BufferControls;

let edge: TestGateway;
let flushed: { objects: unknown[]; points: number; afterMs: number }[] = [];
let failures: unknown[] = [];
let startMs = 0;
afterEach(() => edge.stop());

/** An app whose code is handed `createBuffer`, as an import would. */
function appWith(code: (createBuffer: CreateBuffer) => Record<string, unknown>): AppDefinition {
  const nothing = { defaultExport: undefined, moduleExports: {}, topLevel: {} };
  return defineApp(
    "app",
    {},
    {
      createApp: ({ libraries }: AppHost) => {
        const { createBuffer } = libraries["@posthog/plugin-contrib"] as { createBuffer: CreateBuffer };
        return { ...nothing, exports: code(createBuffer) };
      },
    },
  );
}

/** Writes down what it is given, and throws `failures` first. */
function onFlush(objects: unknown[], points: number): void {
  flushed.push({ objects, points, afterMs: edge.clock.now() - startMs });
  if (failures.length > 0) throw failures.shift();
}

/** Adds the value and the points that an event carries. */
function add(buffer: BufferControls | undefined, { properties }: PluginEvent): void {
  buffer?.add(properties?.["value"] ?? null, properties?.["points"] as number | undefined);
}

async function start(
  options: { limit?: number; timeoutSeconds?: number },
  more: (createBuffer: CreateBuffer) => Record<string, unknown> = () => ({}),
): Promise<void> {
  await startApp((createBuffer) => ({
    setupPlugin({ global }: Meta) {
      global["buffer"] = createBuffer({ ...options, onFlush });
    },
    processEvent(event: PluginEvent, { global }: Meta) {
      add(global["buffer"], event);
      return event;
    },
    ...more(createBuffer),
  }));
}

async function startApp(code: (createBuffer: CreateBuffer) => Record<string, unknown>): Promise<void> {
  flushed = [];
  failures = [];
  edge = await startTestGateway({ apps: [appWith(code)] });
  startMs = edge.clock.now();
}

/** One request for each event; the value is its number. */
async function send(...points: (number | undefined)[]): Promise<void> {
  for (const [value, one] of points.entries()) {
    await edge.capture({ event: "e", distinct_id: "u1", properties: { value, points: one } });
    await edge.settle();
  }
}

const summary = () => flushed.map(({ objects, points, afterMs }) => [objects.length, points, afterMs]);

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
    expect(edge.redis.counters()).toEqual(before);
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

  test("tries a batch again after 6, 12 and 24 s for a RetryError, then it is a dead letter", async () => {
    await start({ timeoutSeconds: 1 });
    failures = Array.from({ length: 4 }, () => new RetryError("down"));
    await send(2, 3);
    await edge.advance(120_000);
    expect(summary()).toEqual([1, 7, 19, 43].map((second) => [2, 5, second * 1000]));
    expect(await edge.deadLetters()).toMatchObject([
      { plugin: "app", hook: "onFlush", buffer: 0, attempts: 4, error: "RetryError: down", events: [0, 1] },
    ]);
    expect(await edge.redisCommand("KEYS", "export:*")).toEqual([]);
  });

  test("loses nothing to any other error: it is logged, and the batch is a dead letter at once", async () => {
    await start({ timeoutSeconds: 1 });
    failures = [new Error("bug")];
    await send(1);
    await edge.advance(60_000);
    expect(flushed).toHaveLength(1);
    expect(await edge.deadLetters()).toMatchObject([{ hook: "onFlush", error: "Error: bug", events: [0] }]);
    expect(edge.log).toMatchObject([{ level: "ERROR", source: "PLUGIN", hook: "onFlush" }]);
  });

  test("keeps what it is given while Redis is away, and flushes it once Redis is back", async () => {
    await start({ timeoutSeconds: 1 });
    await send(1);
    edge.setRedisAway(true);
    await send(1, 1);
    edge.setRedisAway(false);
    await edge.advance(120_000);
    expect(flushed.flatMap(({ objects }) => objects)).toEqual([0, 0, 1]);
  });

  test("is flushed late rather than never when the message that would flush it was lost", async () => {
    await start({ timeoutSeconds: 1 });
    await send(1);
    await edge.qstash.fetch(
      new Request("http://qstash/v2/messages", {
        method: "DELETE",
        headers: { Authorization: "Bearer qstash-token" },
      }),
    );
    await edge.advance(120_000);
    expect(flushed).toEqual([]);
    await edge.scheduled(edge.clock.now());
    await edge.settle();
    expect(flushed.map(({ objects }) => objects)).toEqual([[0]]);
  });

  test("waits for its app to make it where that happens only in an event, and is a dead letter after a day", async () => {
    await startApp((createBuffer) => ({
      processEvent(event: PluginEvent, { global }: Meta) {
        global["buffer"] ??= createBuffer({ timeoutSeconds: 1, onFlush });
        add(global["buffer"], event);
        return event;
      },
    }));
    await send(1);
    edge.restart();
    await edge.advance(60_000);
    expect(flushed).toEqual([]);
    await send(1);
    await edge.advance(600_000);
    expect(flushed.map(({ objects }) => objects)).toEqual([[0, 0]]);
    await send(1);
    edge.restart();
    await edge.advance(25 * 3_600_000);
    expect(await edge.deadLetters()).toMatchObject([{ hook: "onFlush", buffer: 0, events: [0] }]);
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

describe("flush() of a buffer", () => {
  const flushing = { onEvent: (_event: unknown, { global }: Meta) => global["buffer"]?.flush() };

  test("brings onFlush what this invocation and all before it have added, once", async () => {
    await start({ limit: 3 }, () => ({
      onEvent(event: PluginEvent, { global }: Meta) {
        if (event.event !== "flush") return undefined;
        global["buffer"]?.add("last");
        return global["buffer"]?.flush();
      },
    }));
    await send(1, 1);
    await edge.capture({ event: "flush", distinct_id: "u1", properties: { value: "flush" } });
    await edge.settle();
    await edge.advance(120_000);
    expect(flushed.map(({ objects }) => objects)).toEqual([[0, 1, "flush"], ["last"]]);
    expect(await edge.redisCommand("KEYS", "export:*")).toEqual([]);
  });

  test("in teardownPlugin leaves nothing behind", async () => {
    await start({}, () => ({ teardownPlugin: ({ global }: Meta) => global["buffer"]?.flush() }));
    await send(1);
    await edge.tearDown();
    await edge.advance(120_000);
    expect(summary()).toEqual([[1, 1, 0]]);
  });

  test("does nothing when there is nothing to flush", async () => {
    await startApp((createBuffer) => {
      const buffer = createBuffer({ onFlush });
      return { onEvent: () => buffer.flush() };
    });
    await send(1);
    expect([flushed, edge.log, await edge.redisCommand("KEYS", "export:*")]).toEqual([[], [], []]);
  });

  test("rejects with what onFlush throws, and a RetryError brings the batch again by itself", async () => {
    await start({}, () => flushing);
    failures = [new RetryError("down")];
    await send(1);
    expect(edge.log.map(({ message }) => message)).toEqual([
      expect.stringContaining("onFlush failed with RetryError: down (attempt 1/4). Retrying in 6 s"),
      expect.stringContaining("onEvent failed with RetryError: down (attempt 1/6). Retrying in 5 s"),
    ]);
    await edge.advance(10_000);
    expect(summary()).toEqual([
      [1, 1, 0],
      [1, 1, 6000],
    ]);
  });

  test("whose isolate ends in the middle is taken over by the sweep", async () => {
    const { promise: crash, resolve: end } = Promise.withResolvers<void>();
    let crashed = false;
    await startApp((createBuffer) => ({
      setupPlugin({ global }: Meta) {
        global["buffer"] = createBuffer({
          onFlush(objects, points) {
            if (crashed) return onFlush(objects, points);
            crashed = true;
            return crash;
          },
        });
      },
      processEvent(event: PluginEvent, { global }: Meta) {
        add(global["buffer"], event);
        // Neither awaited nor ever finished: all that an isolate leaves that is ended by its platform.
        void global["buffer"]?.flush().catch(() => {});
        return event;
      },
    }));
    await edge.capture({ event: "e", distinct_id: "u1", properties: { value: 7 } });
    await expect.poll(() => crashed).toBe(true);
    edge.restart();
    edge.clock.set(edge.clock.now() + 20 * 60_000);
    await edge.scheduled(edge.clock.now());
    await expect.poll(async () => (await edge.qstash.deliverDue(), flushed.length)).toBe(1);
    expect(flushed[0]?.objects).toEqual([7]);
    end();
  });
});
