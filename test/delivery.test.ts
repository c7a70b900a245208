import { afterEach, describe, expect, test } from "vitest";
import { RetryError } from "../src/apps/errors.ts";
import { defineApp } from "../src/apps/testing.ts";
import { startRecorder, unreachableUrl } from "./recorder.ts";
import { deliveryCost, startTestGateway, type TestGateway } from "./gateway.ts";

let running: TestGateway | undefined;
const start = async (...options: Parameters<typeof startTestGateway>): Promise<TestGateway> => {
  running = await startTestGateway(...options);
  return running;
};
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

describe("delivery", () => {
  test("brings events to PostHog in their final form, in one batch, in order", async () => {
    const edge = await start({ apps: [] });
    const answer = await edge.capture(
      {
        event: "first",
        distinct_id: "u1",
        uuid: "0190f0a0-0000-7000-8000-000000000001",
        $set: { plan: "free" },
      },
      { event: "second", distinct_id: "u2", timestamp: "2036-03-01T09:00:00Z", properties: { a: 1 } },
    );
    expect([answer.status, await answer.json()]).toEqual([200, { status: "Ok" }]);
    expect(edge.posthog.requests).toEqual([]);
    await edge.settle();
    expect(edge.posthog.requests).toHaveLength(1);
    expect(edge.posthog.requests[0]).toMatchObject({ method: "POST", path: "/batch/" });
    expect(edge.posthog.requests[0]?.json).toEqual({
      api_key: "phc_test",
      batch: [
        {
          uuid: "0190f0a0-0000-7000-8000-000000000001",
          event: "first",
          distinct_id: "u1",
          timestamp: "2036-03-01T10:00:30.000Z",
          properties: { $ip: "127.0.0.1" },
          $set: { plan: "free" },
        },
        {
          uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
          event: "second",
          distinct_id: "u2",
          timestamp: "2036-03-01T09:00:00.000Z",
          properties: { a: 1, $ip: "127.0.0.1" },
        },
      ],
    });
  });

  test("costs one QStash message and no Redis command for apps that keep no state", async () => {
    const edge = await start({
      apps: [defineApp("tagger", { processEvent: (event: { properties: object }) => event })],
    });
    await edge.capture({ event: "warm up", distinct_id: "u1" });
    await edge.settle();
    const before = { ...edge.redis.counters(), published: edge.qstash.counters().published };
    await edge.capture(...Array.from({ length: 50 }, (_, n) => ({ event: "e", distinct_id: `u${n}` })));
    expect({ ...edge.redis.counters(), published: edge.qstash.counters().published }).toEqual({
      ...before,
      published: before.published + 1,
    });
    await edge.settle();
    expect(edge.delivered()).toHaveLength(51);
  });

  test.each([
    ["one event", 1, "", deliveryCost],
    ["a hundred", 100, "", deliveryCost],
    ["one with a uuid of its own", 1, "client", { commands: 13, requests: 2 }],
    ["a hundred with uuids of their own", 100, "client", { commands: 13, requests: 2 }],
  ])("asks Redis two things for %s", async (_name, count, uuids, cost) => {
    const edge = await start({ apps: [defineApp("reader", { onEvent: () => {} })] });
    const uuid = (n: number) => `0190f0a0-0000-7000-8000-${String(n).padStart(12, "0")}`;
    await edge.capture({ event: "warm up", distinct_id: "u1", ...(uuids ? { uuid: uuid(999) } : {}) });
    await edge.settle();
    const before = edge.redis.counters();
    await edge.capture(
      ...Array.from({ length: count }, (_, n) => ({
        event: "e",
        distinct_id: `u${n}`,
        ...(uuids ? { uuid: uuid(n) } : {}),
      })),
    );
    await edge.settle();
    const after = edge.redis.counters();
    expect({
      commands: after.commands - before.commands,
      requests: after.requests - before.requests,
    }).toEqual(cost);
  });

  test("keeps an event from PostHog that an app dropped, and publishes nothing when none is left", async () => {
    const edge = await start({
      apps: [
        defineApp("filter", { processEvent: (event: { event: string }) => event.event !== "noise" && event }),
      ],
    });
    await edge.capture({ event: "noise", distinct_id: "u1" }, { event: "signal", distinct_id: "u1" });
    await edge.capture({ event: "noise", distinct_id: "u1" });
    await edge.settle();
    expect(edge.delivered().map(({ event }) => event)).toEqual(["signal"]);
    expect(edge.qstash.counters().published).toBe(1);
  });

  test("does not send the address on that an app removed", async () => {
    const edge = await start({
      apps: [defineApp("anonymous", { processEvent: (event: object) => ({ ...event, ip: null }) })],
    });
    await edge.capture({ event: "e", distinct_id: "u1" });
    await edge.settle();
    expect(edge.delivered()[0]?.properties).not.toHaveProperty("$ip");
  });

  test("tries PostHog again with doubling waits until it is back, without asking the apps again", async () => {
    let seen = 0;
    const edge = await start({ apps: [defineApp("counter", { onEvent: () => void (seen += 1) })] });
    const times: number[] = [];
    edge.posthog.answerWith(() => {
      times.push(edge.clock.now());
      return times.length < 4 ? new Response("down", { status: 503 }) : Response.json({ status: "Ok" });
    });
    await edge.capture({ event: "e", distinct_id: "u1" });
    await edge.settle();
    await edge.advance(60_000);
    expect(times.map((time) => time - (times[0] ?? 0))).toEqual([0, 5000, 15_000, 35_000]);
    expect(seen).toBe(1);
  });

  test("makes a dead letter at once of what PostHog refuses for good", async () => {
    const edge = await start({ apps: [] });
    edge.posthog.answerWith(() => new Response("no such thing", { status: 400 }));
    await edge.capture({ event: "e", distinct_id: "u1" });
    await edge.settle();
    await edge.advance(3_600_000);
    expect(edge.posthog.requests).toHaveLength(1);
    expect(await edge.deadLetters()).toMatchObject([
      {
        hook: "posthog",
        attempts: 1,
        error: "PostHog answered 400: no such thing",
        events: [{ event: "e" }],
      },
    ]);
  });

  test("gives onEvent the processed shape", async () => {
    const received: unknown[] = [];
    const edge = await start({
      apps: [defineApp("reader", { onEvent: (event: unknown) => void received.push(event) })],
    });
    const properties = {
      a: 1,
      $elements: [{ tag_name: "a", attr__href: "/x", nth_child: 1, $el_text: "Go" }],
    };
    await edge.capture({ event: "$autocapture", distinct_id: "u1", properties });
    await edge.settle();
    expect(received).toEqual([
      {
        uuid: expect.any(String),
        event: "$autocapture",
        distinct_id: "u1",
        team_id: expect.any(Number),
        ip: "127.0.0.1",
        timestamp: "2036-03-01T10:00:30.000Z",
        properties: expect.objectContaining({ a: 1, $plugins_deferred: ["reader (1)"] }),
        elements: [
          {
            tag_name: "a",
            href: "/x",
            nth_child: 1,
            text: "Go",
            $el_text: "Go",
            order: 0,
            attributes: { attr__href: "/x" },
          },
        ],
      },
    ]);
    expect((received[0] as { properties: object }).properties).not.toHaveProperty("$elements");
  });

  test("runs onEvent again after 5, 10, 20, 40 and 80 s for a RetryError, only for the events that failed", async () => {
    const calls: [string, number][] = [];
    const edge = await start({
      apps: [
        defineApp("flaky", {
          onEvent({ event }: { event: string }) {
            calls.push([event, edge.clock.now()]);
            if (event === "bad") throw new RetryError("away");
          },
        }),
      ],
    });
    await edge.capture({ event: "good", distinct_id: "u1" }, { event: "bad", distinct_id: "u1" });
    await edge.settle();
    await edge.advance(600_000);
    expect(calls.filter(([event]) => event === "good")).toHaveLength(1);
    const times = calls
      .filter(([event]) => event === "bad")
      .map(([, time]) => (time - (calls[0]?.[1] ?? 0)) / 1000);
    expect(times).toEqual([0, 5, 15, 35, 75, 155]);
    expect(edge.log.filter(({ message }) => message.includes("attempt 5/6"))).toHaveLength(1);
    expect(await edge.deadLetters()).toMatchObject([
      {
        plugin: "flaky",
        hook: "onEvent",
        attempts: 6,
        error: "RetryError: away",
        events: [{ event: "bad" }],
      },
    ]);
    expect(edge.delivered()).toHaveLength(2);
  });

  test("makes a dead letter of an event whose onEvent throws a plain error, and tries no more", async () => {
    let calls = 0;
    const edge = await start({
      apps: [
        defineApp("broken", {
          onEvent() {
            calls += 1;
            throw new Error("bug");
          },
        }),
      ],
    });
    await edge.capture({ event: "e", distinct_id: "u1" });
    await edge.settle();
    await edge.advance(600_000);
    expect(calls).toBe(1);
    expect(await edge.deadLetters()).toMatchObject([{ plugin: "broken", error: "Error: bug", attempts: 1 }]);
  });

  test("calls hooks detached, so that this is nothing of the gateway's", async () => {
    const seen: unknown[] = [];
    function note(this: unknown, event: unknown) {
      seen.push(this);
      return event;
    }
    const edge = await start({
      apps: [
        defineApp("app", {
          processEvent: note,
          onEvent: note,
          composeWebhook: (event: unknown) => void event,
        }),
      ],
    });
    await edge.capture({ event: "e", distinct_id: "u1" });
    await edge.settle();
    expect(seen).toEqual([undefined, undefined]);
  });

  test("does not let one app's failure keep events from another", async () => {
    const received: string[] = [];
    const edge = await start({
      apps: [
        defineApp("broken", { onEvent: () => Promise.reject(new Error("bug")) }),
        defineApp("healthy", { onEvent: ({ event }: { event: string }) => void received.push(event) }),
      ],
    });
    await edge.capture({ event: "e", distinct_id: "u1" });
    await edge.settle();
    expect(received).toEqual(["e"]);
  });

  test("publishes a request once that an SDK sends again, also when apps decide differently by then", async () => {
    let again = false;
    const edge = await start({
      settings: { QSTASH_MAX_MESSAGE_BYTES: "20000" },
      apps: [
        defineApp("fickle", {
          processEvent: (event: { event: string }) => (again && event.event === "e0" ? null : event),
        }),
      ],
    });
    const events = Array.from({ length: 8 }, (_, n) => ({
      event: `e${n}`,
      distinct_id: "u1",
      uuid: `0190f0a0-0000-7000-8000-00000000000${n}`,
      properties: { text: "x".repeat(4000) },
    }));
    await edge.capture(...events.slice(0, 2));
    await edge.capture(...events.slice(0, 2));
    await edge.settle();
    expect(edge.delivered().map(({ event }) => event)).toEqual(["e0", "e1"]);

    await edge.capture(...events);
    again = true;
    await edge.capture(...events);
    await edge.settle();
    const names = new Set(edge.delivered().map(({ event }) => event));
    expect([...names].toSorted()).toEqual(events.map(({ event }) => event));
  });

  test("splits a request over several messages where the queue's limit demands it", async () => {
    const edge = await start({ apps: [], settings: { QSTASH_MAX_MESSAGE_BYTES: "20000" } });
    const events = Array.from({ length: 20 }, (_, n) => ({
      event: `e${n}`,
      distinct_id: "u1",
      properties: { text: "x".repeat(3000) },
    }));
    await edge.capture(...events);
    await edge.settle();
    expect(edge.qstash.counters().published).toBe(4);
    expect(
      edge
        .delivered()
        .map(({ event }) => event)
        .toSorted(),
    ).toEqual(events.map(({ event }) => event).toSorted());
  });

  test("carries a single event above the queue's limit by reference, and cleans up behind it", async () => {
    const edge = await start({ apps: [], settings: { QSTASH_MAX_MESSAGE_BYTES: "20000" } });
    await edge.capture({ event: "big", distinct_id: "u1", properties: { text: "x".repeat(50_000) } });
    await edge.settle();
    expect(String(edge.delivered()[0]?.properties["text"])).toHaveLength(50_000);
    expect(await edge.redisCommand("KEYS", "oversize:*")).toEqual([]);
  });

  test.each([
    ["refuses", { QSTASH_TOKEN: "wrong" }],
    ["cannot be reached", { QSTASH_URL: unreachableUrl }],
  ])(
    "answers 503 with Retry-After when QStash %s and Redis is away, so that the SDK keeps the events",
    async (_fault, faulty) => {
      const edge = await start({ apps: [], settings: faulty });
      edge.setRedisAway(true);
      const answer = await edge.capture({ event: "e", distinct_id: "u1" });
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(0);
      expect(await answer.json()).toMatchObject({ detail: "transient error, please retry" });
    },
  );

  test("answers 503 when neither QStash nor Redis answers, sooner than an SDK gives up", async () => {
    const silent = await startRecorder();
    silent.answerWith(() => new Promise(() => {}));
    const edge = await start({
      apps: [],
      settings: { QSTASH_URL: silent.url, UPSTASH_REDIS_REST_URL: silent.url },
    });
    expect((await edge.capture({ event: "e", distinct_id: "u1" })).status).toBe(503);
    await silent.stop();
  });

  test("goes on without Redis for apps that keep no state", async () => {
    const edge = await start({
      settings: { UPSTASH_REDIS_REST_URL: unreachableUrl },
      apps: [defineApp("plain", { processEvent: (event: object) => event })],
    });
    expect((await edge.capture({ event: "e", distinct_id: "u1" })).status).toBe(200);
    await edge.settle();
    expect(edge.delivered()[0]?.properties).toMatchObject({ $plugins_succeeded: ["plain (1)"] });
  });

  test("costs an event nothing but the value when an app leaves in it what JSON cannot hold", async () => {
    const edge = await start({
      apps: [
        defineApp("odd", {
          processEvent(event: { properties: Record<string, unknown> }) {
            event.properties = { fine: 1, big: 10n, date: new Date(0), none: undefined, call: () => 1 };
            event.properties["self"] = event.properties;
            return event;
          },
        }),
      ],
    });
    expect((await edge.capture({ event: "e", distinct_id: "u1" })).status).toBe(200);
    await edge.settle();
    expect(edge.delivered()[0]?.properties).toMatchObject({
      fine: 1,
      big: "10",
      date: "1970-01-01T00:00:00.000Z",
    });
  });
});

describe("composeWebhook", () => {
  const event = {
    event: "sale",
    distinct_id: "u1",
    properties: { total: 9 },
    timestamp: "2036-03-01T09:00:00Z",
  };

  test("sends what an app composes of PostHog's shape of an event", async () => {
    const hook = await startRecorder();
    let keys: string[] = [];
    const edge = await start({
      apps: [
        defineApp("composer", {
          composeWebhook(seen: { timestamp: Date; properties: { total: number } }) {
            keys = Object.keys(seen).toSorted();
            return { url: `${hook.url}/sales`, body: `${seen.timestamp.getTime()} ${seen.properties.total}` };
          },
        }),
        defineApp("silent", { composeWebhook: () => null }),
      ],
    });
    await edge.capture(event);
    await edge.settle();
    expect(keys).toEqual(["distinct_id", "event", "properties", "team_id", "timestamp", "uuid"]);
    expect(hook.requests).toMatchObject([
      {
        method: "POST",
        path: "/sales",
        body: `${Date.UTC(2036, 2, 1, 9)} 9`,
        headers: { "content-type": "application/json" },
      },
    ]);
    expect(await edge.deadLetters()).toEqual([]);
    await hook.stop();
  });

  test("makes a dead letter of what its receiver refuses, and the event is delivered all the same", async () => {
    const hook = await startRecorder();
    hook.answerWith(() => new Response("", { status: 500, statusText: "Internal Server Error" }));
    const edge = await start({
      apps: [defineApp("composer", { composeWebhook: () => ({ url: hook.url, body: "" }) })],
    });
    await edge.capture(event);
    await edge.settle();
    expect(edge.delivered()).toHaveLength(1);
    expect(await edge.deadLetters()).toMatchObject([
      { hook: "composeWebhook", error: `Error: Fetch to ${hook.url} failed with Internal Server Error` },
    ]);
    await hook.stop();
  });
});

describe("a session recording", () => {
  const snapshot = {
    event: "$snapshot",
    distinct_id: "u1",
    properties: { token: "phc_test", $session_id: "s-1", $snapshot_data: [{ type: 3 }] },
  };

  test("reaches PostHog as it was sent, and onSnapshot of the apps, but nothing else of theirs", async () => {
    const seen: string[] = [];
    const note = (hook: string) => (event: { event: string }) => void seen.push(`${hook} ${event.event}`);
    const edge = await start({
      apps: [
        defineApp("watcher", {
          processEvent: (event: { event: string }) => (note("processEvent")(event), event),
          onEvent: note("onEvent"),
          onSnapshot: note("onSnapshot"),
          composeWebhook: note("composeWebhook"),
        }),
      ],
    });
    const body = JSON.stringify([snapshot]);
    const answer = await fetch(`${edge.url}/s/`, { method: "POST", body });
    expect(answer.status).toBe(200);
    await edge.settle();
    expect(edge.posthog.requests).toMatchObject([{ path: "/s/", body }]);
    expect(seen).toEqual(["onSnapshot $snapshot"]);
  });

  test("costs no message where no app wants it", async () => {
    const edge = await start({ apps: [] });
    await fetch(`${edge.url}/s/`, { method: "POST", body: JSON.stringify([snapshot]) });
    expect(edge.qstash.counters().published).toBe(0);
  });
});

describe("while Redis is away, delivery", () => {
  test("goes on, and what Redis should take waits in the queue without any hook being run again", async () => {
    const calls: string[] = [];
    const edge = await start({
      apps: [
        defineApp("reader", { onEvent: () => void calls.push("onEvent") }),
        defineApp("broken", {
          onEvent() {
            calls.push("broken");
            throw new Error("bug");
          },
        }),
        defineApp(
          "exporter",
          { exportEvents: (events: unknown[]) => void calls.push(`exported ${events.length}`) },
          { config: { exportEventsBufferSeconds: "1" } },
        ),
      ],
    });
    await edge.capture({ event: "warm up", distinct_id: "u1" });
    await edge.advance(10_000);
    calls.length = 0;
    edge.posthog.requests.length = 0;

    edge.setRedisAway(true);
    expect((await edge.capture({ event: "e", distinct_id: "u1" })).status).toBe(200);
    await edge.settle();
    await edge.advance(300_000);
    expect(calls.toSorted()).toEqual(["broken", "onEvent"]);
    expect(edge.delivered()).toHaveLength(1);

    edge.setRedisAway(false);
    // As long again as it was away, at the most.
    await edge.advance(300_000);
    expect(calls.toSorted()).toEqual(["broken", "exported 1", "onEvent"]);
    expect(edge.delivered()).toHaveLength(1);
    expect((await edge.deadLetters()).map(({ error, events }) => [error, events.length])).toEqual([
      ["Error: bug", 1],
      ["Error: bug", 1],
    ]);
  });
});

test("a path prefix serves every route below it as well as at the root", async () => {
  const edge = await start({ apps: [], settings: { PATH_PREFIX: "/ingest" } });
  const event = JSON.stringify({ api_key: edge.token, event: "e", distinct_id: "u1" });
  for (const path of ["/e/", "/ingest/e/", "//ingest//batch"]) {
    expect((await fetch(`${edge.url}${path}`, { method: "POST", body: event })).status).toBe(200);
  }
  await edge.settle();
  expect(edge.delivered()).toHaveLength(3);
  edge.posthog.requests.length = 0;
  await fetch(`${edge.url}/ingest/flags/?v=2`, { method: "POST", body: "{}" });
  await fetch(`${edge.url}/ingest/static/array.js`);
  expect(edge.posthog.requests.map(({ path }) => path)).toEqual(["/flags/?v=2", "/static/array.js"]);
  expect((await fetch(`${edge.url}/ingested/e/`, { method: "POST", body: event })).status).toBe(404);
});

test("a paused project gets an answer that makes SDKs fall silent, and its events go nowhere", async () => {
  const edge = await start({
    apps: [],
    settings: { PROJECT_TOKENS: "phc_test,phc_wild", PAUSED_PROJECTS: "phc_wild" },
  });
  const send = (api_key: string, query = "") =>
    fetch(`${edge.url}/e/${query}`, {
      method: "POST",
      body: JSON.stringify({ api_key, event: "e", distinct_id: "u1" }),
    });
  const paused = await send("phc_wild");
  expect([paused.status, await paused.json()]).toEqual([200, { status: "Ok", quota_limited: ["events"] }]);
  expect((await send("phc_wild", "?beacon=1")).status).toBe(204);
  const v1 = await fetch(`${edge.url}/i/v1/analytics/events`, {
    method: "POST",
    headers: { Authorization: "Bearer phc_wild" },
    body: "{}",
  });
  expect([v1.status, await v1.json()]).toMatchObject([402, { error: "billing_limit_exceeded" }]);
  expect((await send("phc_test")).status).toBe(200);
  await edge.settle();
  expect(edge.delivered()).toHaveLength(1);
});

describe("a message", () => {
  /** Has QStash deliver `body` to the gateway, signed as all its messages are; resolves after `afterMs`. */
  async function publish(edge: TestGateway, body: string, afterMs: number): Promise<void> {
    const answer = await edge.qstash.fetch(
      new Request(`http://qstash/v2/publish/${edge.url}/_gateway/deliver`, {
        method: "POST",
        headers: {
          Authorization: "Bearer qstash-token",
          "Upstash-Retries": "1",
          "Upstash-Retry-Delay": "1000",
        },
        body,
      }),
    );
    expect(answer.ok).toBe(true);
    await edge.advance(afterMs);
  }

  test("of a newer version is offered again, so that a deploy under way loses nothing", async () => {
    const edge = await start({ apps: [] });
    await publish(edge, JSON.stringify({ v: 3, id: "x", project: "phc_test", events: [] }), 5000);
    expect(edge.qstash.counters()).toMatchObject({ deliveries: 2, retried: 1 });
    expect(edge.log.map(({ message }) => message).join()).toContain("version 3 is newer");
  });

  test.each(["no JSON", "null", "{}"])(
    "that is none (%s) goes to QStash's dead letters at once",
    async (body) => {
      const edge = await start({ apps: [] });
      await publish(edge, body, 5000);
      expect(edge.qstash.counters()).toMatchObject({ deliveries: 1, deadLettered: 1 });
    },
  );

  test("whose text Redis has no more is done with, and the log says so", async () => {
    const edge = await start({ apps: [] });
    await publish(edge, JSON.stringify({ v: 1, reference: "oversize:gone" }), 0);
    expect(edge.qstash.counters()).toMatchObject({ deliveries: 1, delivered: 1 });
    expect(edge.log.map(({ message }) => message).join()).toContain("oversize:gone is gone");
  });
});
