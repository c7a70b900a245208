import { afterEach, describe, expect, test } from "vitest";
import type { BufferControls } from "../src/apps/buffer.ts";
import type { AppHost } from "../src/apps/definition.ts";
import type { AppJobs } from "../src/apps/meta/jobs.ts";
import type { AppPostHog } from "../src/apps/posthog.ts";
import { defineApp } from "../src/apps/testing.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

// The numbers of README's table of costs. One that changes here is to be changed there.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** What a delivery to PostHog and all hooks costs, which the table's other rows come on top of. */
const delivery = { messages: 0, commands: 9, requests: 3 };
type Cost = typeof delivery;
type Cache = {
  get(key: string, other: number): Promise<number>;
  set(key: string, value: number): Promise<void>;
};
interface Seen {
  event: string;
  distinct_id: string;
}

let edge: TestGateway;
afterEach(() => edge.stop());

/** Starts a gateway that has just looked for changes, and has nothing left to do. */
async function warm(apps: Parameters<typeof startTestGateway>[0]["apps"]): Promise<void> {
  edge = await startTestGateway({ apps });
  await send(1, "warm up");
  await edge.advance(10 * MINUTE_MS);
  await send(1, "warm up");
  await edge.settle();
}

async function send(count: number, event = "e", properties = {}): Promise<void> {
  const events = Array.from({ length: count }, (_, n) => ({ event, distinct_id: `u${n}`, properties }));
  expect((await edge.capture(...events)).status).toBe(200);
}

/** Messages that were published, Redis commands, and outgoing requests of all kinds. */
async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  edge.faults.decide(() => "pass");
  const before = { messages: edge.qstash.counters().published, commands: edge.redis.counters().commands };
  await work();
  return {
    messages: edge.qstash.counters().published - before.messages,
    commands: edge.redis.counters().commands - before.commands,
    requests: edge.faults.calls().length,
  };
}
const costOfDelivery = () => costOf(edge.settle);
const plus = (one: Cost, messages: number, commands: number, requests: number): Cost => ({
  messages: one.messages + messages,
  commands: one.commands + commands,
  requests: one.requests + requests,
});
const nothing: Cost = { messages: 0, commands: 0, requests: 0 };

/** An app that is handed what imports and globals would give it. */
function appWith(code: (host: AppHost) => Record<string, unknown>) {
  const none = { defaultExport: undefined, moduleExports: {}, topLevel: {} };
  return defineApp("app", {}, { createApp: (host: AppHost) => ({ ...none, exports: code(host) }) });
}
const exporter = (config: Record<string, string>) =>
  defineApp(
    "exporter",
    { exportEvents: () => {} },
    { config: { exportEventsToIgnore: "warm up", ...config } },
  );

describe("a request and its delivery", () => {
  test.each([1, 50])("cost the same for %i events and apps that keep no state", async (count) => {
    await warm([defineApp("reader", { processEvent: (event: Seen) => event, onEvent: () => {} })]);
    expect(await costOf(() => send(count))).toEqual(plus(nothing, 1, 0, 1));
    expect(await costOfDelivery()).toEqual(delivery);
  });

  test("cost two commands for each person whom an app counts in its cache, in two requests", async () => {
    const count = async (event: Seen, { cache }: { cache: Cache }) => {
      await cache.set(event.distinct_id, (await cache.get(event.distinct_id, 0)) + 1);
      return event;
    };
    await warm([defineApp("counter", { processEvent: count })]);
    expect(await costOf(() => send(50))).toEqual(plus(nothing, 1, 100, 3));
  });

  test.each([
    ["a small one", 1, 1, 1],
    ["a large one", 60, 5, 2],
  ])("cost little more with what follows, %s", async (_what, events, commands, requests) => {
    const schedule = ({ event }: Seen, { jobs }: { jobs: AppJobs }) => {
      if (event === "e") void jobs["work"]?.({ text: "x".repeat(300) }).runIn(1, "hour");
    };
    await warm([defineApp("scheduler", { onEvent: schedule, jobs: { work: () => {} } })]);
    await send(events);
    expect(await costOfDelivery()).toEqual(plus(delivery, events, commands, requests));
  });

  test("cost three commands more when PostHog fails, and one when its events go to wait for it", async () => {
    await warm([]);
    edge.posthog.answerWith(() => new Response("down", { status: 503 }));
    await send(1);
    expect(await costOfDelivery()).toEqual(plus(delivery, 1, 3, 1));
    for (let n = 0; n < 8; n += 1) {
      await send(1);
      await edge.advance(40_000);
    }
    await send(1);
    // PostHog is not asked.
    expect(await costOfDelivery()).toEqual(plus(delivery, 1, 1, 0));
  });

  test("cost a record more when one destination takes long", async () => {
    await warm([defineApp("slow", { onEvent: () => new Promise((done) => setTimeout(done, 900)) })]);
    await send(1);
    expect(await costOfDelivery()).toEqual(plus(delivery, 0, 6, 1));
  });

  test("cost a request more when an app logs", async () => {
    await warm([appWith(({ console: log }) => ({ onEvent: () => (log as Console).log("hello") }))]);
    await send(1);
    expect(await costOfDelivery()).toEqual(plus(delivery, 0, 3, 1));
  });
});

describe("buffers", () => {
  test("of exportEvents cost ten commands to begin, eight to fill, and a flush", async () => {
    await warm([exporter({})]);
    await send(3);
    expect(await costOfDelivery()).toEqual(plus(delivery, 1, 10, 2));
    await send(3);
    expect(await costOfDelivery()).toEqual(plus(delivery, 0, 8, 1));
    expect(await costOf(() => edge.advance(10_000))).toEqual(plus(nothing, 0, 37, 5));
  });

  test("cost 18 commands in two requests for each further batch of a flush", async () => {
    await warm([exporter({ exportEventsBufferBytes: "300" })]);
    const costs: Cost[] = [];
    for (const count of [2, 3]) {
      await send(count, "e", { text: "x".repeat(400) });
      costs.push(await costOfDelivery());
    }
    const [two = nothing, three = nothing] = costs;
    expect(three).toEqual(plus(two, 0, 18, 2));
  });

  test("of createBuffer cost nine commands to begin, eight to fill, and a flush", async () => {
    await warm([
      appWith(({ libraries }) => {
        const { createBuffer } = libraries["@posthog/plugin-contrib"] as {
          createBuffer: (options: object) => BufferControls;
        };
        const buffer = createBuffer({ limit: 100, timeoutSeconds: 10, onFlush: () => {} });
        return { processEvent: (seen: Seen) => (seen.event === "e" && buffer.add(seen, 1), seen) };
      }),
    ]);
    expect(await costOf(() => send(3))).toEqual(plus(nothing, 2, 9, 2));
    expect(await costOf(() => send(3))).toEqual(plus(nothing, 1, 8, 2));
    await edge.settle();
    expect(await costOf(() => edge.advance(10_000))).toEqual(plus(nothing, 0, 29, 5));
  });
});

describe("what apps set going", () => {
  test("costs a message and nine commands for a job", async () => {
    await warm([
      defineApp("app", {
        processEvent(event: Seen, { jobs }: { jobs: AppJobs }) {
          if (event.event === "e") void jobs["work"]?.({}).runIn(5, "seconds");
          return event;
        },
        jobs: { work: () => {} },
      }),
    ]);
    expect(await costOf(() => send(1))).toEqual(plus(nothing, 2, 0, 1));
    await edge.settle();
    expect(await costOf(() => edge.advance(5000))).toEqual(plus(nothing, 0, 9, 2));
  });

  test("costs two messages and 16 commands for a captured event", async () => {
    await warm([
      appWith(({ posthog }) => ({
        processEvent(event: Seen) {
          if (event.event === "e") (posthog as AppPostHog).capture("derived");
          return event;
        },
      })),
    ]);
    expect(await costOf(() => send(1))).toEqual(plus(nothing, 2, 0, 1));
    expect(await costOfDelivery()).toEqual(plus(delivery, 1, 16, 6));
  });

  test("costs a message and ten commands for a scheduled task", async () => {
    await warm([defineApp("app", { runEveryMinute: () => {} })]);
    const minuteMs = edge.clock.now() - (edge.clock.now() % MINUTE_MS);
    await edge.scheduled(minuteMs);
    await edge.settle();
    edge.clock.set(minuteMs + MINUTE_MS);
    const ticked = await costOf(() => edge.scheduled(minuteMs + MINUTE_MS));
    expect(ticked).toEqual(plus(nothing, 1, 6, 5));
    expect(await costOfDelivery()).toEqual(plus(nothing, 0, 8, 4));
  });

  test("costs 22 commands for the replay of a dead letter", async () => {
    let fails = true;
    const onEvent = ({ event }: Seen) => {
      if (event === "e" && fails) throw new Error("bug");
    };
    await warm([defineApp("broken", { onEvent })]);
    await send(1);
    await edge.settle();
    fails = false;
    const asked = await edge.admin("deadletters/replay", { method: "POST", body: { filter: {} } });
    expect(asked.status).toBe(202);
    expect(await costOfDelivery()).toEqual(plus(nothing, 0, 22, 4));
  });
});

test("a tick of the cron costs 4 commands, once an hour one more and 9 a project, 32 more with a hundred spooled messages", async () => {
  await warm([]);
  const hourMs = edge.clock.now() - (edge.clock.now() % HOUR_MS) + HOUR_MS;
  const tick = (minute: number) => {
    edge.clock.set(hourMs + minute * MINUTE_MS);
    return costOf(() => edge.scheduled(edge.clock.now()));
  };
  expect(await tick(1)).toEqual(plus(nothing, 0, 4, 2));
  expect(await tick(17)).toEqual(plus(nothing, 0, 14, 7));
  edge.setQStashAway(true);
  for (let n = 0; n < 100; n += 1) await send(1);
  edge.setQStashAway(false);
  expect(await tick(18)).toEqual(plus(nothing, 100, 36, 12));
});
