import { afterEach, describe, expect, test } from "vitest";
import { defineApp } from "../src/apps/testing.ts";
import { MESSAGE_VERSION } from "../src/delivery/message.ts";
import { LEASE_MS } from "../src/delivery/progress/begin.ts";
import { keys } from "../src/keys.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

const MINUTE_MS = 60_000;

let edge: TestGateway;
let seen: string[] = [];
afterEach(() => edge.stop());

const reader = (wait?: () => Promise<void>) =>
  defineApp("reader", {
    async onEvent({ event }: { event: string }) {
      seen.push(event);
      await wait?.();
    },
  });

async function start(options: Partial<Parameters<typeof startTestGateway>[0]> = {}): Promise<void> {
  seen = [];
  edge = await startTestGateway({ apps: [reader()], ...options });
}

const uuidOf = (name: string) => `0190f0a0-0000-7000-8000-${Buffer.from(name.padEnd(6)).toString("hex")}`;
const named = (name: string) => ({ event: name, distinct_id: "u1", uuid: uuidOf(name) });
const send = async (...names: string[]) => {
  expect((await edge.capture(...names.map(named))).status).toBe(200);
};
const names = () => edge.delivered().map(({ event }) => event);

/** Has QStash deliver a message of the gateway's once more than it was told to, as it may. */
async function publish(message: object, route = "deliver"): Promise<void> {
  const answer = await edge.qstash.fetch(
    new Request(`http://qstash/v2/publish/${edge.url}/_gateway/${route}`, {
      method: "POST",
      headers: { Authorization: "Bearer qstash-token" },
      body: JSON.stringify({ v: MESSAGE_VERSION, project: "phc_test", ...message }),
    }),
  );
  expect(answer.ok).toBe(true);
}
const processed = (name: string) => ({
  uuid: uuidOf(name),
  event: name,
  distinct_id: "u1",
  timestamp: "2036-03-01T10:00:30.000Z",
  properties: {},
  ip: null,
});

describe("an event that comes again within ten minutes", () => {
  test("in an overlapping batch is left out, and what is new beside it is delivered", async () => {
    await start();
    await send("a", "b");
    await edge.settle();
    await send("b", "c");
    await edge.settle();
    expect(names()).toEqual(["a", "b", "c"]);
    expect(seen).toEqual(["a", "b", "c"]);
    expect(await edge.accounts()).toMatchObject({ accepted: 4, duplicate: 1 });
  });

  test("in two requests at once is delivered once", async () => {
    await start();
    await Promise.all([send("a", "b"), send("b", "c"), send("c", "a")]);
    await edge.settle();
    expect(names().toSorted()).toEqual(["a", "b", "c"]);
    expect(await edge.accounts()).toMatchObject({ accepted: 6, duplicate: 3 });
  });

  test("twice in one request is delivered once", async () => {
    await start();
    await send("a", "a", "b");
    await edge.settle();
    expect(names()).toEqual(["a", "b"]);
    expect(await edge.accounts()).toMatchObject({ accepted: 3, duplicate: 1 });
  });

  test("by protocol v1 is left out, whichever protocol brought it first", async () => {
    await start();
    await send("a");
    await edge.settle();
    const answer = await fetch(`${edge.url}/i/v1/analytics/events`, {
      method: "POST",
      headers: {
        Authorization: "Bearer phc_test",
        "Content-Type": "application/json",
        "PostHog-Sdk-Info": "test/1.0",
        "PostHog-Attempt": "1",
        "PostHog-Request-Id": uuidOf("req"),
        "PostHog-Request-Timestamp": "2036-03-01T10:00:30.000Z",
      },
      body: JSON.stringify({
        created_at: "2036-03-01T10:00:30.000Z",
        batch: ["a", "b"].map((name) =>
          Object.assign(named(name), { timestamp: "2036-03-01T10:00:30.000Z" }),
        ),
      }),
    });
    expect(answer.status).toBe(200);
    await edge.settle();
    expect(names()).toEqual(["a", "b"]);
  });

  test("is known until ten minutes are over, and then no more", async () => {
    await start();
    await send("a");
    await edge.settle();
    await edge.advance(10 * MINUTE_MS - 1000);
    await send("a", "b");
    await edge.settle();
    expect(names()).toEqual(["a", "b"]);
    await edge.advance(1000);
    await send("a", "c");
    await edge.settle();
    expect(names()).toEqual(["a", "b", "a", "c"]);
  });

  test("with a uuid that another project has used is delivered", async () => {
    await start({ settings: { PROJECT_TOKENS: "phc_test,phc_other" } });
    await send("a");
    await fetch(`${edge.url}/batch/`, {
      method: "POST",
      body: JSON.stringify({ api_key: "phc_other", batch: [named("a")] }),
    });
    await edge.settle();
    expect(names()).toEqual(["a", "a"]);
  });

  test("is told by uuids of the client's own only", async () => {
    await start();
    await edge.capture({ event: "a", distinct_id: "u1" }, named("b"));
    await edge.capture({ event: "a", distinct_id: "u1" }, named("b"));
    await edge.settle();
    expect(names()).toEqual(["a", "b", "a"]);
    expect(await edge.redisCommand("KEYS", "marks:*")).toHaveLength(1);
  });
});

describe("a request that an SDK repeats", () => {
  test.each([1, 11, 600])("after %i minutes is not delivered again", async (minutes) => {
    await start();
    await send("a", "b");
    await edge.settle();
    await edge.advance(minutes * MINUTE_MS);
    await send("a", "b");
    await edge.settle();
    expect(names()).toEqual(["a", "b"]);
    expect(await edge.accounts()).toMatchObject({ accepted: 2, duplicate: 0 });
  });

  test("after 503 leaves what its apps captured and scheduled in the first place once", async () => {
    const ran: unknown[] = [];
    await start({
      apps: [
        defineApp(
          "author",
          {},
          {
            createApp: ({ posthog, jobs }) => ({
              exports: {
                processEvent(event: { event: string }) {
                  const { capture } = posthog as { capture(name: string, properties: object): void };
                  const { later } = jobs as {
                    later(payload: unknown): { runIn(n: number, unit: string): void };
                  };
                  if (event.event === "a") {
                    capture("derived", { of: "a" });
                    capture("derived", { of: "a" });
                    later({ of: "a" }).runIn(1, "minute");
                  }
                  return event;
                },
                jobs: { later: (payload: unknown) => void ran.push(payload) },
              },
              defaultExport: undefined,
              moduleExports: {},
              topLevel: {},
            }),
          },
        ),
      ],
    });
    edge.faults.decide(({ to }) => (to === "qstash" ? "lose answer" : "refuse"));
    expect((await edge.capture(named("a"))).status).toBe(503);
    edge.faults.decide(() => "pass");
    await edge.settle();
    await edge.advance(11 * MINUTE_MS);
    await send("a");
    await edge.settle();
    await edge.advance(11 * MINUTE_MS);
    expect(names().toSorted()).toEqual(["a", "derived", "derived"]);
    expect(ran).toEqual([{ of: "a" }]);
  });
});

describe("a message that QStash delivers twice", () => {
  test("at the same time runs once; the second is offered later and finds it done", async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    await start({ apps: [reader(() => answered)] });
    const message = { id: "m1", events: [processed("a")], marked: true };
    await publish(message);
    await publish(message);
    const settled = edge.settle();
    await expect.poll(() => edge.qstash.counters().retried).toBe(1);
    answer();
    await settled;
    await edge.advance(10 * MINUTE_MS);
    expect(seen).toEqual(["a"]);
    expect(edge.qstash.counters()).toMatchObject({ deliveries: 3, delivered: 2 });
    expect(await edge.accounts()).toMatchObject({ accepted: 1, duplicate: 0 });
  });

  test.each(["refuse", "lose answer"] as const)(
    "at the same time runs once also when the first call of Redis fails (%s)",
    async (fate) => {
      const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
      await start({ apps: [reader(() => answered)] });
      const message = { id: "m1", events: [processed("a")], marked: true };
      await publish(message);
      await publish(message);
      edge.faults.decide(({ nth }) => (nth === 0 ? fate : "pass"));
      const settled = edge.settle();
      await expect.poll(() => edge.qstash.counters().retried).toBe(1);
      answer();
      await settled;
      await edge.advance(10 * MINUTE_MS);
      expect(edge.faults.calls()[0]).toMatchObject({ to: "redis" });
      expect(seen).toEqual(["a"]);
      expect(await edge.accounts()).toMatchObject({ accepted: 1, duplicate: 0 });
    },
  );

  test("the second time while Redis is away, counts what becomes a dead letter once", async () => {
    const broken = defineApp("broken", {
      onEvent() {
        throw new Error("a bug");
      },
    });
    await start({ apps: [broken] });
    const message = { id: "m1", events: [processed("a")], marked: true };
    await publish(message);
    await edge.settle();
    edge.setRedisAway(true);
    await publish(message);
    await edge.settle();
    edge.setRedisAway(false);
    await edge.advance(10 * MINUTE_MS);
    expect(await edge.deadLetters()).toHaveLength(1);
    const { destinations } = await edge.accounts();
    expect(destinations).toContainEqual(expect.objectContaining({ plugin: "broken", routed: 1, dead: 1 }));
  });

  test("is still offered when a run of a quarter of an hour ends without an answer", async () => {
    await start();
    await publish({ id: "m1", events: [processed("a")], marked: true });
    const progress = keys.progress("deliver", "m1");
    for (const startMs = edge.clock.now(); edge.clock.now() < startMs + 15 * MINUTE_MS;) {
      const untilMs = edge.clock.now() + LEASE_MS;
      await edge.redisCommand("SET", progress, JSON.stringify({ steps: {}, owner: "another", untilMs }));
      await edge.settle();
      await edge.advance(LEASE_MS / 3);
    }
    expect(seen).toEqual([]);
    await edge.advance(60 * MINUTE_MS);
    expect(seen).toEqual(["a"]);
    expect(edge.qstash.counters()).toMatchObject({ deadLettered: 0 });
  });

  test.each(["deliver", "retry"])("one after the other is done once (%s)", async (route) => {
    await start();
    const retry = { destination: { plugin: "reader", hook: "onEvent" }, attempt: 1, firstAt: 0 };
    const message = { id: "m1", events: [processed("a")], marked: true, ...(route === "retry" ? retry : {}) };
    await publish(message, route);
    await edge.settle();
    await edge.advance(30 * 60 * MINUTE_MS);
    await publish(message, route);
    await edge.settle();
    expect(seen).toEqual(["a"]);
  });

  test("in the form of version 1 is understood", async () => {
    await start();
    await publish({ v: 1, id: "m1", events: [processed("a")] });
    await edge.settle();
    expect(names()).toEqual(["a"]);
    expect(await edge.accounts()).toMatchObject({ accepted: 1 });
  });
});
