import type { CacheExtension, Meta, Plugin, ProcessedPluginEvent } from "@posthog/plugin-scaffold";
import { beforeEach, describe, expect, test, vi } from "vitest";

// An app in JavaScript brings no types of its own.
const app = (await import(new URL("index.js", import.meta.url).href)) as Required<Plugin>;

const captured: { event: string; properties: Record<string, unknown> }[] = [];
vi.stubGlobal("posthog", {
  capture: (event: string, properties: Record<string, unknown>) => captured.push({ event, properties }),
});
vi.spyOn(console, "log").mockReturnValue();
const warn = vi.spyOn(console, "warn").mockReturnValue();

beforeEach(() => {
  captured.length = 0;
  warn.mockClear();
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2024-05-01T12:00:00Z") });
});

/** What the app uses of `cache`, on Maps, and how long its keys live. */
function createCache() {
  const values = new Map<string, string>();
  const lists = new Map<string, string[]>();
  const lifetimes: Record<string, number> = {};
  const list = (key: string) => lists.get(key) ?? [];
  const cache: Pick<CacheExtension, "get" | "set" | "expire" | "lpush" | "lpop" | "llen"> = {
    async get(key, defaultValue) {
      const text = values.get(key);
      return text === undefined ? defaultValue : JSON.parse(text);
    },
    async set(key, value, ttlSeconds = Infinity) {
      values.set(key, JSON.stringify(value));
      lifetimes[key] = ttlSeconds;
    },
    async expire(key, ttlSeconds) {
      lifetimes[key] = ttlSeconds;
      return lists.has(key);
    },
    async lpush(key, element) {
      lists.set(key, [String(element), ...list(key)]);
      return list(key).length;
    },
    async lpop(key, count) {
      const taken = list(key).slice(0, count);
      lists.set(key, list(key).slice(count));
      return taken;
    },
    llen: async (key) => list(key).length,
  };
  return { cache, lifetimes };
}

/** Sets the app up; the rest of what is returned makes things happen to it. */
function start(config: Record<string, string> = {}) {
  const { cache, lifetimes } = createCache();
  const meta = { config, cache, global: {} } as Meta;
  void app.setupPlugin(meta);
  /** Runs a task after so many minutes; resolves to what it captured. */
  const after = async (minutes: number, task: (meta: Meta) => void | Promise<void>) => {
    captured.length = 0;
    vi.setSystemTime(Date.now() + minutes * 60_000);
    await task(meta);
    return captured.at(-1);
  };
  const minute = () => after(1, app.runEveryMinute);
  const runEveryHour = () => after(0, app.runEveryHour);
  return {
    meta,
    lifetimes,
    arrive: async (...names: string[]) => {
      for (const event of names) await app.onEvent({ event } as ProcessedPluginEvent, meta);
    },
    minute,
    runEveryHour,
    hour: async () => {
      await after(60, app.runEveryMinute);
      return runEveryHour();
    },
    day: async () => {
      await minute();
      return (await after(0, app.runEveryDay))?.properties;
    },
  };
}

describe("each minute", () => {
  test("brings a heartbeat with the events since the last one, by name", async () => {
    const { arrive, minute } = start();
    await arrive("visit", "order", "visit");
    expect(await minute()).toMatchObject({
      event: "heartbeat",
      properties: { total: 3, events: { visit: 2, order: 1 } },
    });
    await arrive("order");
    expect(await minute()).toMatchObject({ properties: { total: 1, events: { order: 1 } } });
  });

  test("brings a heartbeat when nothing came, too", async () => {
    expect(await start().minute()).toMatchObject({
      event: "heartbeat",
      properties: { total: 0, events: {} },
    });
  });

  test("counts neither the app's own events nor those that it is told to ignore", async () => {
    const { arrive, minute } = start({ ignoredEvents: "ping, $pageleave" });
    await arrive("heartbeat", "heartbeat silence", "heartbeat summary", "ping", "$pageleave", "visit");
    expect(await minute()).toMatchObject({ properties: { total: 1, events: { visit: 1 } } });
  });

  test("counts names that every object has", async () => {
    const { arrive, minute } = start();
    await arrive("constructor", "toString", "constructor");
    expect((await minute())?.properties["events"]).toEqual({ constructor: 2, toString: 1 });
  });

  test("takes more events than fit into one command", async () => {
    const { arrive, minute } = start();
    await arrive(...Array.from({ length: 2500 }, () => "visit"));
    expect(await minute()).toMatchObject({ properties: { total: 2500 } });
  });

  test("counts names beyond the 200th together", async () => {
    const { arrive, minute } = start();
    await arrive(...Array.from({ length: 250 }, (_, index) => `name ${index}`));
    const events = (await minute())?.properties["events"] as Record<string, number>;
    expect(Object.keys(events)).toHaveLength(201);
    expect(events["(other)"]).toBe(50);
  });
});

describe("each hour", () => {
  test("passes quietly when an event came", async () => {
    const { arrive, hour } = start();
    await arrive("visit");
    expect(await hour()).toBeUndefined();
    expect(warn).not.toHaveBeenCalled();
  });

  test("without an event raises the alarm, and says since when", async () => {
    const { arrive, hour } = start();
    await arrive("visit");
    await hour();
    expect(await hour()).toMatchObject({
      event: "heartbeat silence",
      properties: { hours: 1, last_event_at: "2024-05-01T13:00:00.000Z" },
    });
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("No event for 1 h, since 2024-05-01T13:00"));
    expect(await hour()).toMatchObject({ properties: { hours: 2 } });
    await arrive("visit");
    expect(await hour()).toBeUndefined();
  });

  test("is not silent when an event has come that is not counted yet", async () => {
    const { arrive, hour, runEveryHour } = start();
    await arrive("visit");
    await hour();
    await arrive("visit");
    expect(await runEveryHour()).toBeUndefined();
  });

  test("is no alarm before the first event ever", async () => {
    expect(await start().hour()).toBeUndefined();
    expect(warn).not.toHaveBeenCalled();
  });
});

describe("each day", () => {
  test("brings a summary that names what stopped and what is new", async () => {
    const { arrive, day } = start();
    await arrive("visit", "visit", "order");
    expect(await day()).toMatchObject({ total: 3, total_yesterday: null, stopped: [], started: [] });
    expect(warn).not.toHaveBeenCalled();

    await arrive("visit", "refund");
    expect(await day()).toMatchObject({
      total: 2,
      total_yesterday: 3,
      events: { visit: 1, refund: 1 },
      stopped: ["order"],
      started: ["refund"],
    });
    expect(warn).toHaveBeenCalledWith("Came the day before, and no longer: order");

    await arrive("order");
    expect(await day()).toMatchObject({ total: 1, stopped: ["visit", "refund"], started: [] });
  });
});

test("an event that cannot be counted is no failure of the event", async () => {
  const { meta } = start();
  const cache = { ...meta.cache, lpush: () => Promise.reject(new Error("Redis could not be reached")) };
  await app.onEvent({ event: "visit" } as ProcessedPluginEvent, { ...meta, cache });
  expect(warn).toHaveBeenCalledWith("visit is not counted: Redis could not be reached");
});

test("all that it keeps in Redis has an end", async () => {
  const { arrive, hour, day, lifetimes } = start();
  await arrive("visit");
  await hour();
  await day();
  expect(Object.keys(lifetimes)).toEqual(["arrived", "totals", "totals an hour ago", "yesterday"]);
  for (const ttlSeconds of Object.values(lifetimes)) expect(ttlSeconds).toBeLessThan(8 * 24 * 60 * 60);
});
