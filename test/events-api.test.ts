import { afterEach, describe, expect, test } from "vitest";
import { RetryError } from "../src/apps/errors.ts";
import { defineApp } from "../src/apps/testing.ts";
import type { PluginEvent } from "../src/event.ts";
import { keys } from "../src/keys.ts";
import type { ToldStory } from "../src/stories/read.ts";

import { createVisitor } from "./admin.fixture.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

let edge: TestGateway;
afterEach(() => edge.stop());

async function start(apps: Parameters<typeof startTestGateway>[0]["apps"], settings = {}) {
  edge = await startTestGateway({ apps, settings: { EVENT_SAMPLES: "1", ...settings } });
}

async function list(query = ""): Promise<{ entries: ToldStory[]; cursor: string | null }> {
  const response = await edge.admin(`events${query}`);
  expect(response.status).toBe(200);
  return response.json();
}

async function read(id: string): Promise<ToldStory> {
  const response = await edge.admin(`events/${id}`);
  expect(response.status).toBe(200);
  return response.json();
}

const event = (name: string, more: Record<string, unknown> = {}) => ({
  event: name,
  distinct_id: "u1",
  ...more,
});
const add = (name: string) => (entered: PluginEvent) => ({
  ...entered,
  properties: { ...entered.properties, [name]: true },
});

describe("a sampled event's story", () => {
  test("has the event as it came, after each app that changed it, as it left, and every delivery", async () => {
    await start([
      defineApp("first", { processEvent: add("one") }),
      defineApp("looker", { processEvent: (entered: PluginEvent) => entered, onEvent: () => {} }),
      defineApp("breaker", {
        processEvent() {
          throw new Error("broken today");
        },
      }),
    ]);
    await edge.capture(event("bought", { properties: { price: 7 } }));
    await edge.settle();
    const [entry] = (await list()).entries;
    expect(entry).toMatchObject({
      event: "bought",
      distinct_id: "u1",
      received: { properties: { price: 7 } },
      sent: { event: "bought", properties: { price: 7, one: true, $plugins_failed: ["breaker (1)"] } },
    });
    const story = await read(entry?.id ?? "");
    expect(story.steps).toMatchObject([
      { plugin: "first", outcome: "changed", after: { properties: { price: 7, one: true } } },
      { plugin: "looker", outcome: "unchanged" },
      { plugin: "breaker", outcome: "failed", error: "Error: broken today" },
    ]);
    expect(story.steps[1]).not.toHaveProperty("after");
    expect(story.deliveries).toHaveLength(2);
    expect(story.deliveries).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ hook: "posthog", attempt: 1, outcome: "delivered" }),
        expect.objectContaining({ plugin: "looker", hook: "onEvent", attempt: 1, outcome: "delivered" }),
      ]),
    );
  });

  test("says which app dropped the event, of those that reach nobody", async () => {
    await start([
      defineApp("keeper", { processEvent: add("kept") }),
      defineApp("dropper", { processEvent: () => null }),
      defineApp("late", { processEvent: add("late") }),
    ]);
    await edge.capture(event("gone"));
    await edge.settle();
    const [entry] = (await list("?app=dropper")).entries;
    expect(entry?.steps.map(({ plugin, outcome }) => [plugin, outcome])).toEqual([
      ["keeper", "changed"],
      ["dropper", "dropped"],
    ]);
    expect(entry).not.toHaveProperty("sent");
    expect(entry?.deliveries).toEqual([]);
  });

  test("goes on with each attempt until the dead letter, by messages that say so", async () => {
    await start([
      defineApp("flaky", {
        onEvent() {
          throw new RetryError("try later");
        },
      }),
    ]);
    await edge.capture(event("tried"), event("tried too"));
    await edge.advance(10 * 60_000);
    const { entries } = await list();
    expect(entries).toHaveLength(2);
    for (const { deliveries } of entries) {
      const attempts = deliveries.filter(({ plugin }) => plugin === "flaky");
      expect(attempts.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
        [1, "retried"],
        [2, "retried"],
        [3, "retried"],
        [4, "retried"],
        [5, "retried"],
        [6, "dead"],
      ]);
      expect(attempts.every(({ error }) => error?.includes("try later"))).toBe(true);
    }
  });

  test("tells of PostHog being down, of buffers, and of duplicates", async () => {
    await start([defineApp("exporter", { exportEvents: () => {} })]);
    edge.posthog.answerWith(() => new Response("down", { status: 500 }));
    const uuid = "0190f0a0-0000-7000-8000-000000000001";
    await edge.capture(event("once", { uuid }));
    await edge.settle();
    edge.clock.set(edge.clock.now() + 2000);
    await edge.capture(event("once", { uuid }), event("other"));
    await edge.settle();
    const { deliveries } = await read(uuid);
    const seen = deliveries.map(({ plugin = "", hook, outcome }) => `${plugin} ${hook} ${outcome}`);
    expect(seen).toEqual(
      expect.arrayContaining([" posthog retried", "exporter exportEvents buffered", " delivery duplicate"]),
    );
    expect(deliveries.find(({ hook }) => hook === "posthog")?.error).toContain("500");
  });
});

test("follow an event through its export buffer to the batch, to a dead letter, and to that one's replay", async () => {
  const seen: object[] = [];
  let fails: Error | null = new RetryError("away");
  await start([
    defineApp("exporter", {
      exportEvents(events: object[]) {
        seen.push(...events);
        if (fails) throw fails;
      },
    }),
  ]);
  const uuid = "0190f0a0-0000-7000-8000-000000000001";
  await edge.capture(event("followed", { uuid }));
  await edge.settle();
  await edge.advance(10_000);
  fails = new Error("bug");
  await edge.advance(10_000);
  fails = null;
  await edge.admin("deadletters/replay", { method: "POST", body: { filter: {} } });
  await edge.settle();
  await edge.advance(60_000);
  const { deliveries } = await read(uuid);
  expect(
    deliveries
      .filter(({ hook }) => hook === "exportEvents")
      .map(({ attempt, outcome, error, replays }) => [attempt, outcome, error, replays]),
  ).toEqual([
    [1, "buffered", undefined, undefined],
    [1, "retried", expect.stringContaining("away"), undefined],
    [2, "dead", expect.stringContaining("bug"), undefined],
    [1, "delivered", undefined, 1],
  ]);
  expect(seen).toHaveLength(3);
  for (const each of seen) expect(JSON.stringify(each)).not.toContain("edgehog");
});

describe("which events are sampled", () => {
  test("is one request a second, and no other costs Redis anything", async () => {
    await start([defineApp("app", { processEvent: add("a") })]);
    await edge.capture(event("warm"));
    await edge.settle();
    const before = edge.redis.counters().commands;
    const answers = await Promise.all([1, 2, 3].map((n) => edge.capture(event(`hidden ${n}`))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(edge.redis.counters().commands).toBe(before);
    edge.clock.set(edge.clock.now() + 1000);
    await edge.capture(event("next second"));
    await edge.settle();
    expect((await list()).entries.map((entry) => entry.event)).toEqual(["next second", "warm"]);
  });

  test("are all while a person watches, in every isolate, and for a minute more", async () => {
    await start([defineApp("app", { processEvent: add("a") })]);
    const visitor = createVisitor(edge.url);
    await visitor.logIn(edge.adminToken);
    const another = await edge.isolate();
    await another.capture(event("first of the other"));
    await edge.settle();
    expect((await visitor.get("/admin/events")).status).toBe(200);
    edge.clock.set(edge.clock.now() + 20_000);
    await another.capture(event("asks Redis"));
    await edge.settle();
    for (const n of [1, 2, 3]) await another.capture(event(`watched ${n}`));
    await edge.settle();
    expect((await list("?event=WATCHED")).entries).toHaveLength(3);
    edge.clock.set(edge.clock.now() + 60_000);
    for (const n of [1, 2, 3]) await another.capture(event(`later ${n}`));
    await edge.settle();
    expect((await list("?event=later")).entries).toHaveLength(1);
  });

  test("none with EVENT_SAMPLES=0, and none of projects that it does not name", async () => {
    for (const samples of ["0", "phc_another"]) {
      await start([], { EVENT_SAMPLES: samples });
      await edge.capture(event("private"));
      await edge.settle();
      expect((await list()).entries).toEqual([]);
      if (samples === "0") await edge.stop();
    }
  });

  test("are the newest 500, of the last hour", async () => {
    await start([]);
    for (let n = 0; n < 52; n += 1) {
      edge.clock.set(edge.clock.now() + 1000);
      await edge.capture(...Array.from({ length: 12 }, (_, k) => event(`event ${n} ${k}`)));
    }
    await edge.settle();
    await list();
    const count = await edge.redisCommand("HLEN", keys.stories(edge.token));
    const attempts = await edge.redisCommand("HLEN", keys.storyAttempts(edge.token));
    expect([count, attempts]).toEqual([keys.storiesKept, keys.storiesKept]);
    expect((await list("?limit=200&event=event 51 ")).entries).toHaveLength(10);
    const [pages, ids] = [[] as number[], new Set<string>()];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page = await list(`?limit=200${cursor && `&cursor=${cursor}`}`);
      pages.push(page.entries.length);
      for (const { id } of page.entries) ids.add(id);
      cursor = page.cursor;
    }
    expect([pages, ids.size]).toEqual([[200, 200, 100], 500]);
    edge.clock.set(edge.clock.now() + 3_600_001);
    expect((await list()).entries).toEqual([]);
  });
});

describe("what people may see of an event", () => {
  test("is without fields that are masked, at any depth, and without secrets", async () => {
    await start([defineApp("app", { processEvent: add("a") })], {
      MASKED_FIELDS: "email,ip,$ip",
      POSTHOG_PERSONAL_API_KEY: "phx_hidden_from_people",
    });
    const shown = { email: "ada@example.com", note: "key phx_hidden_from_people" };
    const person = { email: "ada@example.com" };
    await edge.send([event("e", { properties: shown, $set: { person } })], "203.0.113.9");
    await edge.settle();
    const [entry] = (await list()).entries;
    const text = JSON.stringify([await read(entry?.id ?? ""), entry]);
    expect(text).not.toContain("ada@example.com");
    expect(text).not.toContain("phx_hidden");
    expect(text).not.toContain("203.0.113.9");
    expect(text).toContain("[masked]");
    expect(edge.delivered()[0]?.properties["email"]).toBe("ada@example.com");
  });

  test("is no more than its story where it is very large", async () => {
    await start([defineApp("app", { processEvent: add("a") })]);
    await edge.capture(event("large", { properties: { text: "x".repeat(50_000) } }));
    await edge.settle();
    const [entry] = (await list()).entries;
    expect(entry).toMatchObject({ event: "large", cut: true, steps: [{ outcome: "changed" }], sent: null });
    expect(entry).not.toHaveProperty("received");
  });

  test("is what the filters ask for; faulty ones are refused by name", async () => {
    await start([]);
    await edge.capture(event("bought", { distinct_id: "ada" }), event("seen", { distinct_id: "bob" }));
    await edge.settle();
    const names = async (query: string) => (await list(query)).entries.map((entry) => entry.event);
    expect(await names("?event=BOU")).toEqual(["bought"]);
    expect(await names("?distinct_id=bob")).toEqual(["seen"]);
    expect(await names("?app=nobody")).toEqual([]);
    const refused = await edge.admin("events?limit=0&colour=red");
    expect(refused.status).toBe(400);
    expect((await refused.json()).error).toMatch(/limit: give a whole number.*colour: no such parameter/s);
    expect((await edge.admin("events/0190f0a0-0000-7000-8000-00000000ffff")).status).toBe(404);
    expect((await edge.admin("events?project=phc_unknown")).status).toBe(404);
  });
});

test("events that cannot be sampled, for Redis is away, are taken and delivered all the same", async () => {
  await start([]);
  await edge.capture(event("warm"));
  await edge.settle();
  edge.clock.set(edge.clock.now() + 2000);
  edge.setRedisAway(true);
  expect((await edge.capture(event("through"))).status).toBe(200);
  await edge.settle();
  expect(edge.delivered().map((delivered) => delivered.event)).toEqual(["warm", "through"]);
});
