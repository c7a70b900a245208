import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RetryError } from "../src/apps/errors.ts";
import { defineApp } from "../src/apps/testing.ts";
import type { Entry } from "../src/commands/deadletters/client.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

interface Page {
  entries: Entry[];
  cursor: string | null;
}

let edge: TestGateway;
/** What hooks got, in order, and what they throw: undefined lets them succeed. */
let seen: string[];
let failure: unknown;
beforeEach(() => {
  seen = [];
  failure = undefined;
});
afterEach(() => edge.stop());

const note = (hook: string, what: unknown) => {
  seen.push(`${hook} ${JSON.stringify(what)}`);
  if (failure) throw failure;
};
const reader = (plugin = "reader") =>
  defineApp(plugin, { onEvent: ({ event }: { event: string }) => note(plugin, event) });
const exporter = defineApp(
  "exporter",
  {
    exportEvents: (events: { event: string }[]) =>
      note(
        "exporter",
        events.map(({ event }) => event),
      ),
  },
  { config: { exportEventsBufferSeconds: "1" } },
);

async function send(...events: string[]): Promise<void> {
  await edge.capture(...events.map((event) => ({ event, distinct_id: "u1" })));
  await edge.settle();
}
async function api<Body>(method: string, path: string, body?: unknown): Promise<[number, Body]> {
  const response = await edge.admin(path, body === undefined ? { method } : { method, body });
  return [response.status, (await response.json()) as Body];
}
async function list(query: Record<string, string> = {}): Promise<Page> {
  const [, page] = await api<Page>("GET", `deadletters?${new URLSearchParams(query)}`);
  return page;
}
const replay = (body: unknown = { filter: {} }) =>
  api<{ id: string; status: string; replayed: number; refused: number; missing: number; why: unknown[] }>(
    "POST",
    "deadletters/replay",
    body,
  );
async function totals(hook: string) {
  const { destinations } = await edge.accounts();
  return destinations.find((destination) => destination.hook === hook);
}

describe("the list of dead letters", () => {
  test("shows what failed, where, why and how often, newest first, without what is in them", async () => {
    edge = await startTestGateway({ apps: [reader(), exporter] });
    failure = new Error("bug");
    await send("a");
    await edge.advance(5000);
    const { entries, cursor } = await list();
    expect(cursor).toBeNull();
    expect(entries).toMatchObject([
      { plugin: "exporter", hook: "exportEvents", project: edge.token, attempts: 1, events: 1 },
      { plugin: "reader", hook: "onEvent", error: "Error: bug", attempts: 1, events: 1, replays: 0 },
    ]);
    expect(entries.map(({ lastAt }) => lastAt)).toEqual(
      entries
        .map(({ lastAt }) => lastAt)
        .toSorted()
        .toReversed(),
    );
    const [status, letter] = await api("GET", `deadletters/${encodeURIComponent(entries[1]?.id ?? "")}`);
    expect([status, letter]).toMatchObject([200, { plugin: "reader", events: [{ event: "a" }] }]);
  });

  test("filters, and pages through what is left, across equal times and deletions", async () => {
    edge = await startTestGateway({ apps: [reader(), reader("other")] });
    failure = new Error("Out of paper");
    await send(...Array.from({ length: 7 }, (_, n) => `e${n}`));
    const early = new Date(edge.clock.now()).toISOString();
    await edge.advance(60_000);
    failure = new Error("no ink");
    await send("late");
    expect((await list({ error: "OUT OF" })).entries).toHaveLength(14);
    expect((await list({ error: "ink", plugin: "reader" })).entries).toHaveLength(1);
    expect((await list({ to: early })).entries).toHaveLength(14);
    expect((await list({ from: new Date(edge.clock.now()).toISOString() })).entries).toHaveLength(2);
    expect((await list({ hook: "exportEvents" })).entries).toEqual([]);

    const ids: string[] = [];
    for (let cursor: string | null = ""; ;) {
      const query = { plugin: "reader", limit: "3", ...(cursor ? { cursor } : {}) };
      const { entries, cursor: next } = await list(query);
      ids.push(...entries.map(({ id }) => id));
      if (next === null) break;
      // The one after which the next page begins goes meanwhile.
      await api("DELETE", "deadletters", { ids: entries.slice(-1).map(({ id }) => id) });
      cursor = next;
    }
    expect(ids).toHaveLength(8);
    expect(new Set(ids).size).toBe(8);
  });

  test("merges all projects served", async () => {
    edge = await startTestGateway({ apps: [reader()], settings: { PROJECT_TOKENS: "phc_test,phc_b" } });
    failure = new Error("bug");
    await send("a");
    await edge.advance(1000);
    await fetch(`${edge.url}/e/`, {
      method: "POST",
      body: JSON.stringify({ api_key: "phc_b", event: "b", distinct_id: "u" }),
    });
    await edge.settle();
    await edge.advance(1000);
    await send("c");
    const projects = async (query?: Record<string, string>) =>
      (await list(query)).entries.map(({ project }) => project);
    expect(await projects()).toEqual(["phc_test", "phc_b", "phc_test"]);
    expect(await projects({ project: "phc_b" })).toEqual(["phc_b"]);
    const [status] = await api("GET", "deadletters?project=phc_c");
    expect(status).toBe(404);
  });

  test.each([
    ["?limit=0", "limit: give a whole number from 1 to 500"],
    ["?from=yesterday", "from: give a time such as"],
    ["?colour=red", "colour: no such parameter; there are project"],
    ["?cursor=abc", "cursor: give the cursor of the page before"],
  ])("refuses %s by name", async (query, expected) => {
    edge = await startTestGateway({ apps: [] });
    const [status, { error }] = await api<{ error: string }>("GET", `deadletters${query}`);
    expect([status, error]).toEqual([400, expect.stringContaining(expected)]);
  });
});

describe("a replay", () => {
  test("brings events to the hook that failed, and to nothing else, as the first attempt of a fresh schedule", async () => {
    edge = await startTestGateway({ apps: [reader(), reader("other")] });
    failure = new RetryError("busy");
    await send("a");
    await edge.advance(600_000);
    await api("DELETE", "deadletters", { filter: { plugin: "other" } });
    seen = [];
    const delivered = edge.delivered().length;
    const [status, answer] = await replay();
    expect([status, answer]).toMatchObject([202, { status: "done", replayed: 1, refused: 0, missing: 0 }]);
    await edge.advance(600_000);
    expect(seen).toEqual(Array.from({ length: 6 }, () => 'reader "a"'));
    expect(edge.delivered()).toHaveLength(delivered);
    expect((await list()).entries).toMatchObject([{ attempts: 6, replays: 1, plugin: "reader" }]);
    failure = undefined;
    await replay();
    await edge.settle();
    expect((await list()).entries).toEqual([]);
    const counted = (await edge.accounts()).destinations.find(({ plugin }) => plugin === "reader");
    expect(counted).toMatchObject({ routed: 3, delivered: 1, dead: 2, replayed: 2, retried: 10 });
    expect(await edge.redisCommand("KEYS", "dead:*")).toEqual([]);
  });

  test("calls exportEvents again with the very batch", async () => {
    edge = await startTestGateway({ apps: [exporter] });
    failure = new Error("bug");
    await send("a", "b");
    await edge.advance(5000);
    seen = [];
    failure = new RetryError("busy");
    await replay();
    await edge.settle();
    await send("c");
    await edge.advance(5000);
    failure = undefined;
    await edge.advance(60_000);
    expect(seen.toSorted()).toEqual([
      'exporter ["a","b"]',
      'exporter ["a","b"]',
      'exporter ["c"]',
      'exporter ["c"]',
    ]);
    expect(await totals("exportEvents")).toMatchObject({ routed: 5, delivered: 3, dead: 2, replayed: 2 });
    expect(await edge.redisCommand("KEYS", "export:*")).toEqual([]);
  });

  test("puts events into the buffer that had never reached it, as their app was gone", async () => {
    const setUp = { setupPlugin: () => Promise.reject(new RetryError("not yet")) };
    edge = await startTestGateway({ apps: [defineApp("exporter", { ...setUp, exportEvents: () => {} })] });
    await send("a");
    edge.restart([]);
    await edge.advance(60_000);
    expect((await list()).entries).toMatchObject([
      { hook: "exportEvents", error: "the app is disabled, or no longer deployed", attempts: 0 },
    ]);
    edge.restart([{ ...exporter, version: "v2" }]);
    await replay();
    await edge.settle();
    expect(seen).toEqual([]);
    await edge.advance(10_000);
    expect(seen).toEqual(['exporter ["a"]']);
    expect(await totals("exportEvents")).toMatchObject({ routed: 2, delivered: 1, dead: 1, replayed: 1 });
    expect((await list()).entries).toEqual([]);
  });

  test("runs a job again with what it was given, and sends to PostHog what it had refused", async () => {
    edge = await startTestGateway({
      apps: [
        defineApp(
          "worker",
          {},
          {
            createApp: ({ jobs }) => ({
              defaultExport: undefined,
              moduleExports: {},
              topLevel: {},
              exports: {
                async onEvent() {
                  await (jobs as { work(payload: unknown): { runNow(): Promise<void> } })
                    .work({ n: 1 })
                    .runNow();
                },
                jobs: { work: (payload: unknown) => note("job", payload) },
              },
            }),
          },
        ),
      ],
    });
    failure = new Error("bug");
    edge.posthog.answerWith(() => new Response("no", { status: 400 }));
    await send("a");
    await edge.settle();
    expect((await list()).entries.map(({ hook }) => hook).toSorted()).toEqual(["jobs.work", "posthog"]);
    failure = undefined;
    edge.posthog.answerWith(() => Response.json({ status: "Ok" }));
    await replay();
    await edge.settle();
    expect(seen).toEqual(['job {"n":1}', 'job {"n":1}']);
    expect(edge.posthog.requests).toHaveLength(2);
    expect(await totals("jobs.work")).toMatchObject({ routed: 2, delivered: 1, dead: 1, replayed: 1 });
    expect(await totals("posthog")).toMatchObject({ routed: 2, delivered: 1, dead: 1, replayed: 1 });
    expect((await list()).entries).toEqual([]);
  });

  test("asked for many times at once brings each letter once", async () => {
    edge = await startTestGateway({ apps: [reader()] });
    failure = new Error("bug");
    await send("a", "b", "c");
    const ids = (await list()).entries.map(({ id }) => id);
    failure = undefined;
    seen = [];
    await Promise.all([replay(), replay({ ids }), replay({ ids })]);
    await edge.settle();
    expect(seen.toSorted()).toEqual(['reader "a"', 'reader "b"', 'reader "c"']);
    await edge.advance(11 * 60_000);
    const [, again] = await replay({ ids });
    expect(again).toMatchObject({ replayed: 0, missing: 3 });
    expect(await totals("onEvent")).toMatchObject({ routed: 6, delivered: 3, dead: 3, replayed: 3 });
  });

  test("of an app that has gone is refused with the reason, and the letter stays", async () => {
    edge = await startTestGateway({ apps: [reader()] });
    failure = new Error("bug");
    await send("a");
    edge.restart([]);
    const [, answer] = await replay();
    expect(answer).toMatchObject({
      replayed: 0,
      refused: 1,
      why: [{ why: 'the app "reader" is disabled, or no longer deployed' }],
    });
    expect((await list()).entries).toHaveLength(1);
  });

  test("of letters that were deleted before it reached them brings nothing", async () => {
    edge = await startTestGateway({ apps: [reader()] });
    failure = new Error("bug");
    await send("a");
    failure = undefined;
    seen = [];
    await replay();
    expect(await api("DELETE", "deadletters", { filter: {} })).toEqual([200, { deleted: 1, more: false }]);
    await edge.settle();
    expect(seen).toEqual([]);
    expect(await totals("onEvent")).toMatchObject({ routed: 1, dead: 1, deleted: 1 });
  });

  test("is refused with 503 while Redis is away, waits in the spool while QStash is, and is done in full then", async () => {
    edge = await startTestGateway({ apps: [reader()] });
    failure = new Error("bug");
    await send("a", "b");
    failure = undefined;
    seen = [];
    edge.setRedisAway(true);
    expect((await replay())[0]).toBe(503);
    edge.setRedisAway(false);
    edge.setQStashAway(true);
    expect(await replay()).toMatchObject([202, { replayed: 2 }]);
    await edge.settle();
    expect((await list()).entries).toHaveLength(2);
    edge.setQStashAway(false);
    await edge.advance(60_000);
    await edge.scheduled(edge.clock.now());
    edge.setRedisAway(true);
    await edge.settle();
    expect(seen).toEqual([]);
    edge.setRedisAway(false);
    await edge.advance(3_600_000);
    expect(seen.toSorted()).toEqual(['reader "a"', 'reader "b"']);
    expect((await list()).entries).toEqual([]);
  });

  test("to a destination that is known to be down waits there with what else does, and is tried no sooner", async () => {
    edge = await startTestGateway({ apps: [reader()] });
    failure = new Error("bug");
    await send("a");
    failure = new RetryError("down");
    for (let minute = 0; minute < 10; minute += 1) {
      await send("b");
      await edge.advance(60_000);
    }
    const { destinations } = (await (await edge.admin("destinations")).json()) as {
      destinations: { hook: string; state: string }[];
    };
    expect(destinations).toContainEqual(expect.objectContaining({ hook: "onEvent", state: "open" }));
    seen = [];
    await replay({ filter: { error: "bug" } });
    await edge.settle();
    expect(seen).toEqual([]);
    failure = undefined;
    await edge.advance(3_600_000);
    expect(seen.filter((what) => what === 'reader "a"')).toHaveLength(1);
    expect(await totals("onEvent")).toMatchObject({ replayed: 1 });
  });

  test("goes on by itself after a crash at any call, and loses no letter", async () => {
    for (let nth = 0; ; nth += 1) {
      seen = [];
      edge = await startTestGateway({ apps: [reader(), exporter] });
      failure = new Error("bug");
      await send("a");
      await edge.advance(5000);
      failure = undefined;
      seen = [];
      let crashed = false;
      edge.faults.decide((call) => {
        if (call.nth !== nth) return "pass";
        crashed = true;
        return nth % 2 === 0 ? "crash after" : "crash before";
      });
      await replay().catch(() => {});
      await edge.settle();
      edge.restart();
      edge.faults.decide(() => "pass");
      await edge.advance(3_600_000);
      await replay();
      await edge.advance(3_600_000);
      expect((await list()).entries, `crash at ${nth}`).toEqual([]);
      expect(new Set(seen), `crash at ${nth}`).toEqual(new Set(['reader "a"', 'exporter ["a"]']));
      expect(seen.length, `crash at ${nth}`).toBeLessThanOrEqual(3);
      const onEvent = await totals("onEvent");
      expect(onEvent, `crash at ${nth}`).toMatchObject({ routed: 2, delivered: 1, dead: 1, replayed: 1 });
      expect(await totals("exportEvents")).toMatchObject({ routed: 2, delivered: 1, dead: 1, replayed: 1 });
      if (!crashed) break;
      await edge.stop();
    }
  });
});
