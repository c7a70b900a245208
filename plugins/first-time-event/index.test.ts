import { createTestApp, type TestApp, type TestEvent } from "edgehog/testing";
import { afterEach, describe, expect, test } from "vitest";

let app: TestApp;
afterEach(() => app.stop());

/** Starts the app; `send` puts an event through it. */
async function start(config: Record<string, string> = {}) {
  app = await createTestApp({ folder: import.meta.dirname, config, now: "2024-05-01T12:00:00Z" });
  const send = (event: string, distinctId: string, changes: Partial<TestEvent> = {}) =>
    app.processEvent({ event, distinct_id: distinctId, ...changes });
  const marks = async (event: string, distinctId: string) => {
    const { properties } = (await send(event, distinctId)) ?? {};
    return [properties?.["is_first_event"], properties?.["is_first_of_name"]];
  };
  return { send, marks, passDays: (days: number) => app.advance(`${days}d`) };
}

describe("an event is marked", () => {
  test("as first of its person once, and as first of its name once for each person", async () => {
    const { marks } = await start();
    expect(await marks("visit", "anna")).toEqual([true, true]);
    expect(await marks("visit", "anna")).toEqual([false, false]);
    expect(await marks("order", "anna")).toEqual([false, true]);
    expect(await marks("order", "anna")).toEqual([false, false]);
    expect(await marks("visit", "ben")).toEqual([true, true]);
  });

  test("as first exactly once when two come at the same time", async () => {
    const { marks } = await start();
    const both = await Promise.all([marks("visit", "anna"), marks("visit", "anna")]);
    expect(both).toEqual([
      [true, true],
      [false, false],
    ]);
  });

  test("as first whatever punctuation names and ids share", async () => {
    const { marks } = await start();
    expect(await marks('b","c', "a")).toEqual([true, true]);
    expect(await marks("c", 'a","b')).toEqual([true, true]);
  });

  test("as first again after the days to remember have passed in silence", async () => {
    const { marks, passDays } = await start({ rememberDays: "30" });
    await marks("visit", "anna");
    await passDays(29);
    expect(await marks("order", "anna")).toEqual([false, true]);
    await passDays(29);
    expect(await marks("order", "anna")).toEqual([false, false]);
    expect(await marks("visit", "anna")).toEqual([false, true]);
    await passDays(30);
    expect(await marks("order", "anna")).toEqual([true, true]);
  });

  test("as first never again when it remembers without end", async () => {
    const { marks, passDays } = await start({ rememberDays: "0" });
    await marks("visit", "anna");
    await passDays(10_000);
    expect(await marks("visit", "anna")).toEqual([false, false]);
  });

  test.each(["$identify", "$set", "$create_alias", "$groupidentify"])(
    "only after %s, which says who somebody is",
    async (bookkeeping) => {
      const { marks } = await start();
      expect(await marks(bookkeeping, "anna")).toEqual([undefined, undefined]);
      expect(await marks("visit", "anna")).toEqual([true, true]);
    },
  );

  test("only when it is watched", async () => {
    const { marks } = await start({ events: "order, $identify" });
    expect(await marks("visit", "anna")).toEqual([undefined, undefined]);
    expect(await marks("$identify", "anna")).toEqual([true, true]);
    expect(await marks("order", "anna")).toEqual([false, true]);
  });
});

describe("the person gets", () => {
  test("the times of their first event and of each first name, once", async () => {
    const { send } = await start();
    const first = await send("visit", "anna", { timestamp: "2024-04-30 09:00:00Z" });
    expect(first?.properties?.["$set_once"]).toEqual({
      first_event: "visit",
      first_event_at: "2024-04-30T09:00:00.000Z",
      first_visit_at: "2024-04-30T09:00:00.000Z",
    });
    expect((await send("order", "anna"))?.properties?.["$set_once"]).toEqual({
      first_order_at: "2024-05-01T12:00:00.000Z",
    });
    expect((await send("order", "anna"))?.properties).not.toHaveProperty("$set_once");
  });

  test("the time of arrival when the client's cannot be read", async () => {
    const { send } = await start();
    const event = await send("visit", "anna", { timestamp: "yesterday" });
    expect(event?.properties?.["$set_once"]).toMatchObject({ first_event_at: "2024-05-01T12:00:00.000Z" });
  });

  test("what the client set itself, unchanged", async () => {
    const { send } = await start();
    const properties = { plan: "free", $set_once: { first_event: "import", source: "news" } };
    expect((await send("visit", "anna", { properties }))?.properties).toMatchObject({
      plan: "free",
      $set_once: { first_event: "import", source: "news", first_visit_at: "2024-05-01T12:00:00.000Z" },
    });
  });
});

test.each([
  ["365", 4],
  ["0", 2],
])("remembering for %s days, an event costs one request to Redis", async (rememberDays, commands) => {
  const { send } = await start({ rememberDays });
  await app.setUp();
  const before = app.costs();
  await send("visit", "anna");
  expect(app.costs()).toMatchObject({
    redisCommands: before.redisCommands + commands,
    redisRequests: before.redisRequests + 1,
  });
});

test("an event goes on unmarked while Redis cannot be reached", async () => {
  await start();
  await app.setUp();
  app.setRedisAway(true);
  const [event] = await app.capture({ event: "visit" });
  expect(event?.properties).not.toHaveProperty("is_first_event");
});

test.each(["soon", "-1", "Infinity"])(
  "set-up refuses to remember for %j days and says what to set",
  async (rememberDays) => {
    await start({ rememberDays });
    await expect(app.setUp()).rejects.toThrow(/rememberDays is .*; set it to a number of days/);
  },
);
