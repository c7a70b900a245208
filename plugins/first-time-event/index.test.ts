import type { CacheExtension, PluginEvent } from "@posthog/plugin-scaffold";
import { describe, expect, test } from "vitest";
import { processEvent, setupPlugin } from "./index.ts";

type Meta = Parameters<typeof processEvent>[1];

/** The two commands that the app uses, on a Map and a clock that the test moves. */
function createCache() {
  const counters = new Map<string, { count: number; expiresAt: number }>();
  const commands: string[] = [];
  let now = 0;
  const find = (key: string) => {
    const counter = counters.get(key);
    return counter && counter.expiresAt > now ? counter : undefined;
  };
  const cache: Pick<CacheExtension, "incr" | "expire"> = {
    async incr(key) {
      commands.push("incr");
      const { count, expiresAt } = find(key) ?? { count: 0, expiresAt: Infinity };
      counters.set(key, { count: count + 1, expiresAt });
      return count + 1;
    },
    async expire(key, ttlSeconds) {
      commands.push("expire");
      const counter = find(key);
      if (counter) counter.expiresAt = now + ttlSeconds;
      return counter !== undefined;
    },
  };
  return {
    cache,
    commands,
    passDays: (days: number) => {
      now += days * 24 * 60 * 60;
    },
  };
}

/** Sets the app up; `send` puts an event through it. */
function start(config: Record<string, string> = {}) {
  const { cache, commands, passDays } = createCache();
  const meta = { config, cache, global: {} } as Meta;
  setupPlugin(meta);
  const send = (event: string, distinctId: string, changes: Partial<PluginEvent> = {}) =>
    processEvent(
      {
        uuid: "01890a5d-ac96-774b-bcce-b302099a8057",
        event,
        distinct_id: distinctId,
        team_id: 1,
        site_url: "https://events.example.com",
        now: "2024-05-01T12:00:00.000Z",
        ...changes,
      },
      meta,
    );
  const marks = async (event: string, distinctId: string) => {
    const { properties } = await send(event, distinctId);
    return [properties?.["is_first_event"], properties?.["is_first_of_name"]];
  };
  return { send, marks, commands, passDays };
}

describe("an event is marked", () => {
  test("as first of its person once, and as first of its name once for each person", async () => {
    const { marks } = start();
    expect(await marks("visit", "anna")).toEqual([true, true]);
    expect(await marks("visit", "anna")).toEqual([false, false]);
    expect(await marks("order", "anna")).toEqual([false, true]);
    expect(await marks("order", "anna")).toEqual([false, false]);
    expect(await marks("visit", "ben")).toEqual([true, true]);
  });

  test("as first exactly once when two come at the same time", async () => {
    const { marks } = start();
    const both = await Promise.all([marks("visit", "anna"), marks("visit", "anna")]);
    expect(both).toEqual([
      [true, true],
      [false, false],
    ]);
  });

  test("as first whatever punctuation names and ids share", async () => {
    const { marks } = start();
    expect(await marks('b","c', "a")).toEqual([true, true]);
    expect(await marks("c", 'a","b')).toEqual([true, true]);
  });

  test("as first again after the days to remember have passed in silence", async () => {
    const { marks, passDays } = start({ rememberDays: "30" });
    await marks("visit", "anna");
    passDays(29);
    expect(await marks("order", "anna")).toEqual([false, true]);
    passDays(29);
    expect(await marks("order", "anna")).toEqual([false, false]);
    expect(await marks("visit", "anna")).toEqual([false, true]);
    passDays(30);
    expect(await marks("order", "anna")).toEqual([true, true]);
  });

  test("as first never again when it remembers without end", async () => {
    const { marks, passDays } = start({ rememberDays: "0" });
    await marks("visit", "anna");
    passDays(10_000);
    expect(await marks("visit", "anna")).toEqual([false, false]);
  });

  test.each(["$identify", "$set", "$create_alias", "$groupidentify"])(
    "only after %s, which says who somebody is",
    async (bookkeeping) => {
      const { marks } = start();
      expect(await marks(bookkeeping, "anna")).toEqual([undefined, undefined]);
      expect(await marks("visit", "anna")).toEqual([true, true]);
    },
  );

  test("only when it is watched", async () => {
    const { marks } = start({ events: "order, $identify" });
    expect(await marks("visit", "anna")).toEqual([undefined, undefined]);
    expect(await marks("$identify", "anna")).toEqual([true, true]);
    expect(await marks("order", "anna")).toEqual([false, true]);
  });
});

describe("the person gets", () => {
  test("the times of their first event and of each first name, once", async () => {
    const { send } = start();
    const first = await send("visit", "anna", { timestamp: "2024-04-30 09:00:00Z" });
    expect(first.properties?.["$set_once"]).toEqual({
      first_event: "visit",
      first_event_at: "2024-04-30T09:00:00.000Z",
      first_visit_at: "2024-04-30T09:00:00.000Z",
    });
    expect((await send("order", "anna")).properties?.["$set_once"]).toEqual({
      first_order_at: "2024-05-01T12:00:00.000Z",
    });
    expect((await send("order", "anna")).properties).not.toHaveProperty("$set_once");
  });

  test("the time of arrival when the client's cannot be read", async () => {
    const { send } = start();
    const event = await send("visit", "anna", { timestamp: "yesterday" });
    expect(event.properties?.["$set_once"]).toMatchObject({ first_event_at: "2024-05-01T12:00:00.000Z" });
  });

  test("what the client set itself, unchanged", async () => {
    const { send } = start();
    const properties = { plan: "free", $set_once: { first_event: "import", source: "news" } };
    expect((await send("visit", "anna", { properties })).properties).toMatchObject({
      plan: "free",
      $set_once: { first_event: "import", source: "news", first_visit_at: "2024-05-01T12:00:00.000Z" },
    });
  });
});

describe("an event costs one request to Redis", () => {
  const cases: [rememberDays: string, commands: string[]][] = [
    ["365", ["incr", "expire", "incr", "expire"]],
    ["0", ["incr", "incr"]],
  ];
  test.each(cases)(
    "remembering for %s days, all commands leave in one turn",
    async (rememberDays, expected) => {
      const { send, commands } = start({ rememberDays });
      const sending = send("visit", "anna");
      expect(commands).toEqual(expected);
      await sending;
      expect(commands).toEqual(expected);
    },
  );
});

test.each(["soon", "-1", "Infinity"])(
  "set-up refuses to remember for %j days and says what to set",
  (rememberDays) => {
    expect(() => start({ rememberDays })).toThrow(/rememberDays is .*; set it to a number of days/);
  },
);
