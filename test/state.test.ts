import { afterEach, describe, expect, test } from "vitest";
import type { AppCache } from "../src/apps/meta/cache.ts";
import type { AppGeoip } from "../src/apps/meta/geoip.ts";
import type { AppCursor, AppStorage } from "../src/apps/meta/storage.ts";
import { RetryError } from "../src/apps/errors.ts";
import { defineApp } from "../src/apps/testing.ts";
import type { PluginEvent } from "../src/event.ts";
import { unreachableUrl } from "./recorder.ts";
import { deliveryCost, startTestGateway, type TestGateway } from "./gateway.ts";

interface Meta {
  cache: AppCache;
  config: Record<string, unknown>;
  global: Record<string, unknown>;
  storage: AppStorage;
  utils: { cursor: AppCursor };
}
type ProcessEvent = (event: PluginEvent, meta: Meta) => unknown;

let edge: TestGateway | undefined;
afterEach(async () => {
  await edge?.stop();
  edge = undefined;
});

async function start(
  exports: { processEvent?: ProcessEvent; setupPlugin?: (meta: Meta) => unknown },
  more: Parameters<typeof defineApp>[2] = {},
): Promise<TestGateway> {
  edge = await startTestGateway({ apps: [defineApp("app", exports, more)] });
  return edge;
}

/** Runs `processEvent` over one event; returns the properties that PostHog got. */
async function run(processEvent: (meta: Meta) => unknown): Promise<Record<string, unknown>> {
  const gateway = await start({
    async processEvent(event, meta) {
      event.properties = { result: await processEvent(meta) };
      return event;
    },
  });
  await gateway.capture({ event: "e", distinct_id: "u1" });
  await gateway.settle();
  return gateway.delivered()[0]?.properties ?? {};
}

describe("cache", () => {
  test.each<[string, (cache: AppCache) => unknown, unknown]>([
    ["counts from one", (cache) => cache.incr("n"), 1],
    ["gives the default on a miss", (cache) => cache.get("missing", 7), 7],
    [
      "returns JSON",
      async (cache) => (await cache.set("o", { a: [1, null] }), cache.get("o")),
      { a: [1, null] },
    ],
    ["increments a number that was set", async (cache) => (await cache.set("n", 4), cache.incr("n")), 5],
    [
      "says whether a key to expire exists",
      async (cache) => [await cache.expire("no", 5), await cache.set("k", 1), await cache.expire("k", 5)],
      [false, null, true],
    ],
    [
      "deletes what expires after 0 s",
      async (cache) => (await cache.set("k", 1), await cache.expire("k", 0), cache.get("k", "gone")),
      "gone",
    ],
    ["takes a TTL given as text", async (cache) => (await cache.set("k", 1, "100"), cache.get("k")), 1],
    [
      "keeps raw text beside JSON",
      async (cache) => (
        await cache.set("r", "x", 0, { jsonSerialize: false }),
        [await cache.get("r", null, { jsonSerialize: false }), await cache.get("r")]
      ),
      ["x", null],
    ],
    [
      "pushes to the head of a list",
      async (cache) => (await cache.lpush("l", ["1", "2", "3"]), cache.lrange("l", 0, 0)),
      ["3"],
    ],
    ["pushes one string", async (cache) => (await cache.lpush("l", "a"), cache.llen("l")), 1],
    [
      "has empty lists where there are none",
      async (cache) => [await cache.llen("no"), await cache.lrange("no", 0, -1)],
      [0, []],
    ],
    [
      "pops as many as asked",
      async (cache) => (
        await cache.lpush("l", ["1", "2", "3"]),
        [await cache.lpop("l", 2), await cache.lpop("no", 1)]
      ),
      [["3", "2"], []],
    ],
    [
      "removes by value",
      async (cache) => (await cache.lpush("l", ["x", "y", "x"]), cache.lrem("l", 0, "x")),
      2,
    ],
  ])("%s", async (_guarantee, use, expected) => {
    expect((await run(({ cache }) => use(cache)))["result"]).toEqual(expected);
  });

  test.each<[string, (cache: AppCache) => unknown]>([
    [
      "Too many elements in array for cache.lpush. Maximum: 1000",
      (cache) => cache.lpush("l", Array.from({ length: 1001 }, String)),
    ],
    ["cache.lpush expects a string value or an array of strings", (cache) => cache.lpush("l", 5 as never)],
    [
      "cache.lrange expects a number for the start and end indexes",
      (cache) => cache.lrange("l", "0" as never, 1),
    ],
    ['cache.lpop expects a number for the "count" argument', (cache) => cache.lpop("l", "1" as never)],
    ['cache.lrem expects a number for the "count" argument', (cache) => cache.lrem("l", "1" as never, "x")],
  ])("rejects with: %s", async (message, use) => {
    const result = await run(async ({ cache }) => {
      try {
        return await use(cache);
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(result["result"]).toBe(message);
  });

  test("reads what was written before it, awaited or not", async () => {
    const result = await run(({ cache }) => {
      void cache.set("k", "new");
      return cache.get("k", "old");
    });
    expect(result["result"]).toBe("new");
  });

  test("costs two requests to Redis for a get and then a set in each of 50 events", async () => {
    const gateway = await start({
      async processEvent(event, { cache }) {
        const seen = Number(await cache.get(event.distinct_id, 0));
        await cache.set(event.distinct_id, seen + 1);
        return event;
      },
    });
    await gateway.capture({ event: "warm up", distinct_id: "u" });
    await gateway.settle();
    const { requests } = gateway.redis.counters();
    await gateway.capture(...Array.from({ length: 50 }, (_, n) => ({ event: "e", distinct_id: `u${n}` })));
    expect(gateway.redis.counters().requests - requests).toBe(2);
  });

  test("is not shared between apps", async () => {
    const counter: ProcessEvent = async (event, { cache }) => {
      event.properties = { ...event.properties, [String(Math.random())]: await cache.incr("n") };
      return event;
    };
    edge = await startTestGateway({
      apps: [defineApp("one", { processEvent: counter }), defineApp("two", { processEvent: counter })],
    });
    await edge.capture({ event: "e", distinct_id: "u1" });
    await edge.settle();
    expect(Object.values(edge.delivered()[0]?.properties ?? {}).filter((value) => value === 1)).toHaveLength(
      2,
    );
  });

  test("fails inside its app when Redis is away, and the event goes on", async () => {
    edge = await startTestGateway({
      settings: { UPSTASH_REDIS_REST_URL: unreachableUrl },
      apps: [
        defineApp("stateful", {
          processEvent: async (event: PluginEvent, { cache }: Meta) => (await cache.incr("n"), event),
        }),
      ],
    });
    expect((await edge.capture({ event: "e", distinct_id: "u1" })).status).toBe(200);
    await edge.settle();
    expect(edge.delivered()[0]?.properties).toMatchObject({ $plugins_failed: ["stateful (1)"] });
    expect(edge.log.some(({ message }) => message.includes("Redis could not be reached"))).toBe(true);
  });
});

describe("storage", () => {
  test.each<[string, (meta: Meta) => unknown, unknown]>([
    ["keeps JSON", async ({ storage }) => (await storage.set("k", { a: [1] }), storage.get("k")), { a: [1] }],
    ["has a default for what is missing", ({ storage }) => storage.get("no", 5), 5],
    [
      "knows a stored null from nothing",
      async ({ storage }) => (await storage.set("k", null), storage.get("k", 9)),
      null,
    ],
    [
      "deletes by undefined",
      async ({ storage }) => (
        await storage.set("k", 1),
        await storage.set("k", undefined),
        storage.get("k", "gone")
      ),
      "gone",
    ],
    [
      "deletes, twice as well",
      async ({ storage }) => (await storage.del("k"), await storage.del("k"), storage.get("k", "gone")),
      "gone",
    ],
    [
      "has cursors that start at 0",
      async ({ utils }) => (await utils.cursor.init("c"), utils.cursor.increment("c")),
      1,
    ],
    [
      "initialises a cursor once",
      async ({ utils }) => (
        await utils.cursor.init("c", 5),
        await utils.cursor.init("c", 9),
        utils.cursor.increment("c", 2)
      ),
      7,
    ],
    [
      "counts down and by fractions",
      async ({ utils }) => [await utils.cursor.increment("c", -2), await utils.cursor.increment("c", 0.5)],
      [-2, -1.5],
    ],
  ])("%s", async (_guarantee, use, expected) => {
    expect((await run((meta) => use(meta)))["result"]).toEqual(expected);
  });

  test.each<[string, (meta: Meta) => unknown]>([
    ["The cursor's initial value must be a number!", ({ utils }) => utils.cursor.init("c", "1" as never)],
    ["The incrementBy value must be a number!", ({ utils }) => utils.cursor.increment("c", "x" as never)],
    [
      "storage keys have at most 200 characters, this one has 201",
      ({ storage }) => storage.set("k".repeat(201), 1),
    ],
  ])("rejects with: %s", async (message, use) => {
    const result = await run(async (meta) => {
      try {
        return await use(meta);
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(result["result"]).toBe(message);
  });

  test("has written what nobody awaited before the event is acknowledged", async () => {
    const gateway = await start({
      processEvent(event, { storage }) {
        void storage.set("k", "kept");
        return event;
      },
    });
    await gateway.capture({ event: "e", distinct_id: "u1" });
    expect(await gateway.redisCommand("KEYS", "*storage:k")).toHaveLength(1);
  });
});

describe("config", () => {
  test("is a fresh copy, so that what an app writes changes nothing for the next event", async () => {
    const gateway = await start(
      {
        processEvent(event, { config }) {
          event.properties = { ...config, nested: { ...(config["nested"] as object) } };
          config["a"] = "changed";
          (config["nested"] as Record<string, unknown>)["x"] = 9;
          return event;
        },
      },
      { config: { a: "1", nested: { x: 1 } } },
    );
    await gateway.capture({ event: "e", distinct_id: "u1" }, { event: "e", distinct_id: "u1" });
    await gateway.settle();
    expect(gateway.delivered().map(({ properties }) => properties)).toMatchObject([
      { a: "1", nested: { x: 1 } },
      { a: "1", nested: { x: 1 } },
    ]);
  });

  test("reads settings by name, and says which one is missing", async () => {
    edge = await startTestGateway({
      settings: { WAREHOUSE_KEY: "secret" },
      apps: [
        defineApp(
          "app",
          {
            processEvent(event: PluginEvent, { config }: Meta) {
              event.properties = { ...config };
              return event;
            },
          },
          { config: { key: { env: "WAREHOUSE_KEY" }, other: { env: "NOT_SET" }, plain: { env: 1 } } },
        ),
      ],
    });
    await edge.capture({ event: "e", distinct_id: "u1" });
    await edge.settle();
    expect(edge.delivered()[0]?.properties).toMatchObject({ key: "secret", plain: { env: 1 } });
    expect(edge.log).toMatchObject([{ level: "WARN", message: expect.stringContaining("NOT_SET") }]);
  });
});

describe("global", () => {
  test("brings what set-up prepared to every event", async () => {
    const gateway = await start(
      {
        setupPlugin: ({ config, global }) => void (global["tracked"] = String(config["events"]).split(",")),
        processEvent(event, { global }) {
          event.properties = { tracked: (global["tracked"] as string[]).includes(event.event) };
          return event;
        },
      },
      { config: { events: "a,b" } },
    );
    await gateway.capture({ event: "a", distinct_id: "u1" }, { event: "c", distinct_id: "u1" });
    await gateway.settle();
    expect(gateway.delivered().map(({ properties }) => properties["tracked"])).toEqual([true, false]);
  });

  test("is there again in a fresh isolate, where set-up wins over what was kept", async () => {
    const app = defineApp("app", {
      setupPlugin: ({ global }: Meta) => void (global["fresh"] = true),
      processEvent(event: PluginEvent, { global }: Meta) {
        event.properties = { before: { ...global } };
        global["count"] = Number(global["count"] ?? 0) + 1;
        global["fresh"] = false;
        return event;
      },
    });
    edge = await startTestGateway({ apps: [app] });
    await edge.capture({ event: "e", distinct_id: "u1" });
    await edge.settle();
    edge.restart();
    await edge.capture({ event: "e", distinct_id: "u1" });
    await edge.settle();
    expect(edge.delivered().map(({ properties }) => properties["before"])).toEqual([
      { fresh: true },
      { fresh: true, count: 1 },
    ]);
  });

  test("costs nothing beside the delivery while nothing in it changes", async () => {
    const gateway = await start({
      setupPlugin: ({ global }) => void (global["a"] = { b: 1 }),
      processEvent: (event) => event,
    });
    await gateway.capture({ event: "warm up", distinct_id: "u1" });
    await gateway.settle();
    const before = gateway.redis.counters();
    await gateway.capture({ event: "e", distinct_id: "u1" });
    await gateway.settle();
    expect(gateway.redis.counters()).toEqual({
      commands: before.commands + deliveryCost.commands,
      requests: before.requests + deliveryCost.requests,
    });
  });

  test("stays in its isolate once it holds what JSON cannot, and says so once", async () => {
    const gateway = await start({
      processEvent(event, { global }) {
        global["map"] = new Map();
        return event;
      },
    });
    for (const _ of [1, 2]) await gateway.capture({ event: "e", distinct_id: "u1" });
    await gateway.settle();
    expect(gateway.log.filter(({ message }) => message.includes("global.map is not JSON"))).toHaveLength(1);
    expect(await gateway.redisCommand("KEYS", "*global*")).toEqual([]);
  });
});

describe("geoip", () => {
  test("locates the client as the platform did when the event arrived, in deferred hooks too", async () => {
    const located: unknown[] = [];
    const locate = async (hook: string, { geoip }: { geoip: AppGeoip }, ip: string) =>
      void located.push([hook, (await geoip.locate(ip))?.city?.names["en"] ?? null]);
    let failed = false;
    edge = await startTestGateway({
      apps: [
        defineApp("app", {
          async processEvent(event: PluginEvent, meta: { geoip: AppGeoip }) {
            await locate("processEvent", meta, String(event.ip));
            return event;
          },
          async onEvent(event: PluginEvent, meta: { geoip: AppGeoip }) {
            await locate("onEvent", meta, String(event.ip));
            if (failed) return;
            failed = true;
            throw new RetryError("once");
          },
          async runEveryMinute(meta: { geoip: AppGeoip }) {
            for (const ip of ["203.0.113.7", "198.51.100.1", "nonsense"]) await locate("task", meta, ip);
          },
        }),
      ],
    });
    await fetch(`${edge.url}/e/`, {
      method: "POST",
      headers: { "CF-Connecting-IP": "203.0.113.7" },
      body: JSON.stringify({ api_key: edge.token, event: "e", distinct_id: "u1" }),
    });
    await edge.settle();
    await edge.advance(10_000);
    await edge.scheduled(Math.floor(edge.clock.now() / 60_000) * 60_000);
    await edge.settle();
    expect(located).toEqual([
      ["processEvent", "Platform"],
      ["onEvent", "Platform"],
      ["onEvent", "Platform"],
      // No longer the address of an event at hand: only a database may answer.
      ["task", null],
      ["task", "Database"],
      ["task", null],
    ]);
  });
});
