import { createTestApp, type TestApp } from "edgehog/testing";
import { afterEach, describe, expect, test } from "vitest";

let app: TestApp;
afterEach(() => app.stop());

/** Starts the app; what is returned makes things happen to it. */
async function start(config: Record<string, string> = {}) {
  app = await createTestApp({ folder: import.meta.dirname, config, now: "2024-05-01T12:00:00Z" });
  /** Runs a task after so long; resolves to what it captured. */
  const after = async (duration: string, task: Parameters<TestApp["run"]>[0]) => {
    const before = app.delivered.length;
    await app.advance(duration);
    await app.run(task);
    return app.delivered.slice(before).at(-1);
  };
  const minute = () => after("1m", "runEveryMinute");
  const runEveryHour = () => after("0s", "runEveryHour");
  return {
    arrive: (...names: string[]) => app.capture(names.map((event) => ({ event }))),
    minute,
    runEveryHour,
    hour: async () => {
      await after("59m", "runEveryMinute");
      return after("1m", "runEveryHour");
    },
    day: async () => {
      await minute();
      return (await after("0s", "runEveryDay"))?.properties;
    },
  };
}

const warnings = () => app.logs.flatMap(({ level, message }) => (level === "WARN" ? [message] : []));

describe("each minute", () => {
  test("brings a heartbeat with the events since the last one, by name", async () => {
    const { arrive, minute } = await start();
    await arrive("visit", "order", "visit");
    expect(await minute()).toMatchObject({
      event: "heartbeat",
      properties: { total: 3, events: { visit: 2, order: 1 } },
    });
    await arrive("order");
    expect(await minute()).toMatchObject({ properties: { total: 1, events: { order: 1 } } });
  });

  test("brings a heartbeat when nothing came, too", async () => {
    expect(await (await start()).minute()).toMatchObject({
      event: "heartbeat",
      properties: { total: 0, events: {} },
    });
  });

  test("counts neither the app's own events nor those that it is told to ignore", async () => {
    const { arrive, minute } = await start({ ignoredEvents: "ping, $pageleave" });
    await arrive("heartbeat", "heartbeat silence", "heartbeat summary", "ping", "$pageleave", "visit");
    expect(await minute()).toMatchObject({ properties: { total: 1, events: { visit: 1 } } });
  });

  test("counts names that every object has", async () => {
    const { arrive, minute } = await start();
    await arrive("constructor", "toString", "constructor");
    expect((await minute())?.properties["events"]).toEqual({ constructor: 2, toString: 1 });
  });

  test("takes more events than fit into one command", async () => {
    const { arrive, minute } = await start();
    await arrive(...Array.from({ length: 2500 }, () => "visit"));
    expect(await minute()).toMatchObject({ properties: { total: 2500 } });
  });

  test("counts names beyond the 200th together", async () => {
    const { arrive, minute } = await start();
    await arrive(...Array.from({ length: 250 }, (_, index) => `name ${index}`));
    const events = (await minute())?.properties["events"] as Record<string, number>;
    expect(Object.keys(events)).toHaveLength(201);
    expect(events["(other)"]).toBe(50);
  });
});

describe("each hour", () => {
  test("passes quietly when an event came", async () => {
    const { arrive, hour } = await start();
    await arrive("visit");
    expect(await hour()).toBeUndefined();
    expect(warnings()).toEqual([]);
  });

  test("without an event raises the alarm, and says since when", async () => {
    const { arrive, hour } = await start();
    await arrive("visit");
    await hour();
    expect(await hour()).toMatchObject({
      event: "heartbeat silence",
      properties: { hours: 1, last_event_at: "2024-05-01T12:59:00.000Z" },
    });
    expect(warnings()[0]).toContain("No event for 1 h, since 2024-05-01T12:59");
    expect(await hour()).toMatchObject({ properties: { hours: 2 } });
    await arrive("visit");
    expect(await hour()).toBeUndefined();
  });

  test("is not silent when an event has come that is not counted yet", async () => {
    const { arrive, hour, runEveryHour } = await start();
    await arrive("visit");
    await hour();
    await arrive("visit");
    expect(await runEveryHour()).toBeUndefined();
  });

  test("is no alarm before the first event ever", async () => {
    expect(await (await start()).hour()).toBeUndefined();
    expect(warnings()).toEqual([]);
  });
});

describe("each day", () => {
  test("brings a summary that names what stopped and what is new", async () => {
    const { arrive, day } = await start();
    await arrive("visit", "visit", "order");
    expect(await day()).toMatchObject({ total: 3, total_yesterday: null, stopped: [], started: [] });
    expect(warnings()).toEqual([]);

    await arrive("visit", "refund");
    expect(await day()).toMatchObject({
      total: 2,
      total_yesterday: 3,
      events: { visit: 1, refund: 1 },
      stopped: ["order"],
      started: ["refund"],
    });
    expect(warnings()).toEqual(["Came the day before, and no longer: order"]);

    await arrive("order");
    expect(await day()).toMatchObject({ total: 1, stopped: ["visit", "refund"], started: [] });
  });
});

test("an event that cannot be counted is no failure of the event", async () => {
  const { arrive } = await start();
  await app.setUp();
  app.setRedisAway(true);
  expect(await arrive("visit")).toMatchObject([{ event: "visit" }]);
  expect(warnings().join()).toContain("visit is not counted: ");
  app.setRedisAway(false);
  expect(await app.deadLetters()).toEqual([]);
});

test("all that it keeps in Redis has an end", async () => {
  const { arrive, hour, day } = await start();
  await arrive("visit");
  await hour();
  await day();
  await arrive("visit");
  const values = ["totals", "totals an hour ago", "yesterday"];
  const kept = () =>
    Promise.all([app.cache.llen("arrived"), ...values.map((key) => app.cache.get(key, null))]);
  expect(await kept()).not.toContain(null);
  await app.advance("8d");
  expect(await kept()).toEqual([0, null, null, null]);
});
