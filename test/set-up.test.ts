import { afterEach, describe, expect, test } from "vitest";
import { RetryError } from "../src/apps/errors.ts";
import { defineApp } from "../src/apps/testing.ts";
import type { PluginEvent } from "../src/event.ts";
import { deliveryCost, startTestGateway, type TestGateway } from "./gateway.ts";
import { type Recorder, startRecorder } from "./recorder.ts";

let edge: TestGateway;
let people: Recorder | undefined;
afterEach(async () => {
  await edge.stop();
  await people?.stop();
  people = undefined;
});

const messages = () => edge.log.map(({ message }) => message);
const said = (text: string) => messages().filter((message) => message.includes(text));
const e = { event: "e", distinct_id: "u1" };
const mark = (name: string) => (event: PluginEvent) => {
  event.properties = { ...event.properties, [name]: true };
  return event;
};
const lastDelivered = () => edge.delivered().at(-1)?.properties;

/** An app whose set-up does what the test says, and notes when, in seconds from the start. */
function flaky(
  setUp: (execution: number) => unknown,
  more: Parameters<typeof defineApp>[2] = {},
  hooks = {},
) {
  const times: number[] = [];
  const torn: string[] = [];
  const start = Date.parse("2036-03-01T10:00:30.000Z");
  const app = defineApp(
    "app",
    {
      async setupPlugin() {
        times.push((edge.clock.now() - start) / 1000);
        await setUp(times.length);
      },
      processEvent: mark("seen"),
      teardownPlugin: () => void torn.push("torn"),
      ...hooks,
    },
    more,
  );
  return { app, times, torn };
}
const always = (error: Error) => () => Promise.reject(error);
const failing = (failures: number) => (execution: number) => {
  if (execution <= failures) throw new RetryError("away");
};

describe("a set-up that throws RetryError", () => {
  test("is executed 6 times at 0, 5, 15, 35, 75 and 155 s without traffic, then the app is disabled", async () => {
    const { app, times } = flaky(always(new RetryError("away")));
    edge = await startTestGateway({ apps: [app] });
    await edge.capture(e);
    await edge.advance(400_000);
    expect(times).toEqual([0, 5, 15, 35, 75, 155]);
    expect(said("setupPlugin failed")).toEqual([
      ...[5, 10, 20, 40, 80].map(
        (wait, index) =>
          `setupPlugin failed with RetryError (attempt ${index + 1}/6): away. Retrying in ${wait} s...`,
      ),
      "setupPlugin failed with RetryError: away. Disabled the app!",
    ]);
  });

  test("is not hurried by traffic, in however many isolates", async () => {
    const { app, times } = flaky(always(new RetryError("away")));
    edge = await startTestGateway({ apps: [app] });
    const other = await edge.isolate();
    await edge.capture(e);
    for (let second = 0; second < 30; second += 1) {
      await edge.advance(1000);
      expect((await edge.capture(e)).status).toBe(200);
      expect((await other.capture(e)).status).toBe(200);
    }
    expect(times).toEqual([0, 5, 15]);
  });

  test("lets events pass without its mark, and processes them once it has succeeded", async () => {
    const { app, times } = flaky(failing(2));
    edge = await startTestGateway({ apps: [app] });
    await edge.capture(e);
    await edge.settle();
    expect(lastDelivered()).toEqual({ $ip: "127.0.0.1" });
    await edge.advance(20_000);
    await edge.capture(e);
    await edge.settle();
    expect(lastDelivered()).toMatchObject({ seen: true, $plugins_succeeded: ["app (1)"] });
    expect(times).toEqual([0, 5, 15]);
    expect(said("completed successfully")).toHaveLength(1);
    expect(said("Disabled the app")).toEqual([]);
  });

  test("puts deferred work and jobs off until it has succeeded", async () => {
    const received: unknown[] = [];
    const { app } = flaky(failing(3), {}, { onEvent: ({ event }: PluginEvent) => void received.push(event) });
    edge = await startTestGateway({ apps: [app] });
    await edge.capture(e, { ...e, event: "f" });
    await edge.advance(30_000);
    expect(received).toEqual([]);
    await edge.advance(30_000);
    expect(received).toEqual(["e", "f"]);
    expect(await edge.deadLetters()).toEqual([]);
  });

  test("starts one series when two isolates fail at the same moment", async () => {
    const { app, times } = flaky(always(new RetryError("away")));
    edge = await startTestGateway({ apps: [app] });
    const other = await edge.isolate();
    await Promise.all([edge.capture(e), other.capture(e)]);
    await edge.advance(5000);
    expect(times).toEqual([0, 0, 5]);
    expect(said("(attempt 1/6)")).toHaveLength(1);
    expect(said("(attempt 2/6)")).toHaveLength(1);
  });

  test("reaches another isolate's events within 30 s of its success", async () => {
    const { app } = flaky(failing(1));
    edge = await startTestGateway({ apps: [app] });
    const other = await edge.isolate();
    await edge.capture(e);
    await other.capture(e);
    await edge.advance(5000);
    for (let waited = 0; waited < 30; waited += 10) {
      await edge.advance(10_000);
      await other.capture(e);
      await edge.settle();
    }
    expect(lastDelivered()).toMatchObject({ seen: true });
  });

  test('makes capture answer 503 with Retry-After where the app is "refuse", recordings apart', async () => {
    const { app } = flaky(failing(1), { whilePending: "refuse" });
    edge = await startTestGateway({ apps: [app] });
    const refused = await edge.capture(e);
    expect([refused.status, refused.headers.get("Retry-After")]).toEqual([503, "5"]);
    expect((await edge.capture({ ...e, event: "$snapshot" })).status).toBe(200);
    await edge.advance(5000);
    expect((await edge.capture(e)).status).toBe(200);
    await edge.settle();
    expect(edge.delivered()).toMatchObject([{ event: "e", properties: { seen: true } }]);
  });
});

describe("a set-up that throws anything else", () => {
  test("disables the app at once and everywhere", async () => {
    const { app, times } = flaky(always(new Error("bad key")));
    edge = await startTestGateway({ apps: [app] });
    await edge.capture(e);
    await (await edge.isolate()).capture(e);
    await edge.advance(200_000);
    expect(times).toEqual([0]);
    expect(said("Disabled the app!")).toEqual(["setupPlugin failed with Error: bad key. Disabled the app!"]);
    expect(edge.log.find(({ source }) => source === "PLUGIN")?.message).toContain("bad key");
  });

  test("starts a series instead where the app is ready elsewhere, and what works goes on working", async () => {
    const { app, times } = flaky((execution) => {
      if (execution === 2) throw new Error("no socket left");
    });
    edge = await startTestGateway({ apps: [app] });
    await edge.capture(e);
    await edge.settle();
    const other = await edge.isolate();
    expect((await other.capture(e)).status).toBe(200);
    await edge.capture(e);
    await edge.settle();
    expect(lastDelivered()).toMatchObject({ seen: true });
    expect(said("setupPlugin failed")).toEqual([
      "setupPlugin failed with Error (attempt 1/6): no socket left. Retrying in 5 s...",
    ]);
    await edge.advance(40_000);
    await other.capture(e);
    await edge.settle();
    expect(lastDelivered()).toMatchObject({ seen: true });
    expect(times).toEqual([0, 0, 5, 40]);
  });

  test("disables an app whose module throws", async () => {
    const createApp = () => {
      throw new Error("top");
    };
    edge = await startTestGateway({ apps: [defineApp("app", {}, { createApp })] });
    await edge.capture(e);
    await (await edge.isolate()).capture(e);
    expect(said("Disabled")).toEqual(["Plugin failed to load: Error: top. Disabled the app!"]);
  });

  test.each([
    [{ project_api_key: "phc_test", replication: "1" }, "Self replication is not allowed"],
    [{ project_api_key: "phc_other", replication: "2" }, "Only 1x replication is allowed"],
  ])("disables a Replicator configured with %j", async (config, message) => {
    edge = await startTestGateway({ apps: [flaky(() => {}, { name: "Replicator", config }).app] });
    await edge.capture(e);
    await edge.settle();
    expect(lastDelivered()).toEqual({ $ip: "127.0.0.1" });
    expect(said(message)).toHaveLength(1);
  });
});

describe("an app that is not set up", () => {
  test("has no scheduled tasks, which its log says once", async () => {
    let ran = 0;
    const { app } = flaky(always(new Error("bad")), {}, { runEveryMinute: () => void (ran += 1) });
    edge = await startTestGateway({ apps: [app] });
    for (const minute of [1, 2, 3]) {
      const timeMs = Date.UTC(2036, 2, 1, 10, minute);
      edge.clock.set(timeMs);
      await edge.scheduled(timeMs);
      await edge.settle();
    }
    expect(ran).toBe(0);
    expect(said("Cannot load scheduled tasks because the plugin errored during setup.")).toHaveLength(1);
  });

  test("starts afresh as a new version", async () => {
    const broken = flaky(always(new Error("bad"))).app;
    edge = await startTestGateway({ apps: [broken] });
    await edge.capture(e);
    await edge.settle();
    edge.restart();
    await edge.capture(e);
    await edge.settle();
    expect(lastDelivered()).not.toHaveProperty("seen");
    edge.restart([flaky(() => {}, { version: "v2" }).app]);
    await edge.capture(e);
    await edge.settle();
    expect(lastDelivered()).toHaveProperty("seen");
  });

  test("starts afresh when a setting that it refers to has changed", async () => {
    const app = defineApp(
      "app",
      {
        setupPlugin({ config }: { config: Record<string, unknown> }) {
          if (config["key"] !== "good") throw new Error("bad key");
        },
        processEvent: mark("seen"),
      },
      { config: { key: { env: "WAREHOUSE_KEY" } } },
    );
    edge = await startTestGateway({ apps: [app], settings: { WAREHOUSE_KEY: "bad" } });
    await edge.capture(e);
    await edge.settle();
    expect(lastDelivered()).not.toHaveProperty("seen");
    edge.restart([app], { WAREHOUSE_KEY: "good" });
    await edge.capture(e);
    await edge.settle();
    expect(lastDelivered()).toHaveProperty("seen");
  });
});

describe("an app that is being set up while others are served", () => {
  test("loses no deferred work", async () => {
    const received: unknown[] = [];
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { app } = flaky(() => gate, {}, { onEvent: ({ event }: PluginEvent) => void received.push(event) });
    edge = await startTestGateway({ apps: [app] });
    const state = {
      status: "pending",
      revision: 0,
      series: "s",
      atMs: 0,
      attempt: 1,
      dueAtMs: edge.clock.now(),
    };
    const store = (value: object) =>
      edge.redisCommand("HSET", `apps:${edge.token}`, "setup app v1", JSON.stringify(value));
    await store(state);
    await edge.capture(e);
    await edge.settle();
    await store({ ...state, status: "ready" });
    edge.clock.set(edge.clock.now() + 20_000);
    await edge.capture({ ...e, event: "f" });
    const delivering = edge.qstash.deliverDue();
    await expect.poll(() => edge.delivered().length).toBe(2);
    open();
    await delivering;
    await edge.advance(60_000);
    expect(received.toSorted()).toEqual(["e", "f"]);
  });
});

describe("a series of attempts", () => {
  const setupKey = "setup app v1";
  const record = async () =>
    JSON.parse(String(await edge.redisCommand("HGET", `apps:${edge.token}`, setupKey))) as Record<
      string,
      unknown
    >;

  test("is not moved by a message of an earlier one, nor by one that is offered again", async () => {
    const { app, times } = flaky(always(new RetryError("away")));
    edge = await startTestGateway({ apps: [app] });
    await edge.capture(e);
    await edge.settle();
    const first = await record();
    const message = (series: unknown, attempt: number) =>
      edge.publish("setup", {
        v: 1,
        id: "x",
        project: edge.token,
        plugin: "app",
        version: "v1",
        revision: 0,
        series,
        attempt,
      });
    await edge.advance(5000);
    await message(first["series"], 2);
    await message("an-earlier-one", 3);
    await message(first["series"], 6);
    await edge.settle();
    expect(times).toEqual([0, 5]);
    expect(await record()).toMatchObject({ status: "pending", attempt: 2 });
    await edge.advance(10_000);
    expect(times).toEqual([0, 5, 15]);
  });

  test("goes on though the gateway ended between its state and its message", async () => {
    const { app, times } = flaky(failing(1));
    edge = await startTestGateway({ apps: [app] });
    const dueAtMs = edge.clock.now() + 5000;
    const state = { status: "pending", revision: 0, series: "s", atMs: dueAtMs - 5000, attempt: 1, dueAtMs };
    await edge.redisCommand("HSET", `apps:${edge.token}`, setupKey, JSON.stringify(state));
    await edge.capture(e);
    await edge.advance(60_000);
    await edge.capture(e);
    await edge.settle();
    expect(times).toEqual([]);
    await edge.advance(10_000);
    const timeMs = Date.UTC(2036, 2, 1, 10, 2);
    edge.clock.set(timeMs);
    await edge.scheduled(timeMs);
    await edge.settle();
    expect(times).toEqual([90]);
    expect(await record()).toMatchObject({ status: "pending", attempt: 2 });
  });

  test("is forgotten 90 days after the last change, as versions are that are gone", async () => {
    edge = await startTestGateway({ apps: [flaky(() => {}).app] });
    const age = (days: number) => edge.clock.now() - days * 86_400_000;
    for (const days of [89, 91]) {
      const state = { status: "ready", revision: 0, series: "s", atMs: age(days) };
      await edge.redisCommand("HSET", `apps:${edge.token}`, `setup app of-${days}`, JSON.stringify(state));
    }
    await edge.capture(e);
    await edge.settle();
    const fields = (await edge.redisCommand("HKEYS", `apps:${edge.token}`)) as string[];
    expect(fields.toSorted()).toEqual(["setup app of-89", "setup app v1"]);
  });

  test("is not disturbed by a clock that is set back", async () => {
    const { app, times } = flaky(failing(2));
    edge = await startTestGateway({ apps: [app] });
    await edge.capture(e);
    await edge.advance(5000);
    edge.clock.set(edge.clock.now() - 3_600_000);
    await edge.capture(e);
    await edge.settle();
    await edge.advance(3_700_000);
    await edge.capture(e);
    await edge.settle();
    expect(times).toHaveLength(3);
    expect(lastDelivered()).toHaveProperty("seen");
  });
});

describe("while Redis is away, set-up", () => {
  test("succeeds in each isolate by itself, with the bundled configuration", async () => {
    const { app } = flaky(() => {});
    edge = await startTestGateway({ apps: [app] });
    edge.setRedisAway(true);
    expect((await edge.capture(e)).status).toBe(200);
    await edge.settle();
    expect(lastDelivered()).toHaveProperty("seen");
    expect(said("this isolate goes on with what it knows")).toHaveLength(1);
  });

  test("is tried again by the isolate itself when there is traffic, and shared once Redis is back", async () => {
    const { app, times } = flaky(failing(3));
    edge = await startTestGateway({ apps: [app] });
    edge.setRedisAway(true);
    for (const _ of Array.from({ length: 16 })) {
      await edge.capture(e);
      await edge.settle();
      await edge.advance(1000);
    }
    expect(times).toEqual([0, 5, 15]);
    expect(said("this isolate keeps the state of set-up to itself")).not.toEqual([]);
    edge.setRedisAway(false);
    await edge.advance(20_000);
    await edge.capture(e);
    await edge.settle();
    await edge.advance(60_000);
    await edge.capture(e);
    await edge.settle();
    expect(times).toHaveLength(4);
    expect(lastDelivered()).toHaveProperty("seen");
  });
});

describe("people", () => {
  const alerting = async (app: ReturnType<typeof defineApp>) => {
    people = await startRecorder();
    edge = await startTestGateway({
      apps: [app],
      settings: {
        ALERT_WEBHOOK_URL: `${people.url}/hook`,
        ALERT_EMAIL: "ops@example.com",
        RESEND_API_KEY: "re_key",
        RESEND_URL: people.url,
      },
    });
    return people;
  };

  test("are told once, by webhook and mail, when an app is disabled", async () => {
    const { requests } = await alerting(flaky(always(new Error("bad key"))).app);
    const other = await edge.isolate();
    await Promise.all([edge.capture(e), other.capture(e)]);
    await edge.advance(60_000);
    expect(requests.map(({ path }) => path).toSorted()).toEqual(["/emails", "/hook"]);
    expect(requests.find(({ path }) => path === "/hook")?.json).toMatchObject({
      project: "phc_test",
      plugin: "app",
      text: expect.stringContaining("Error: bad key"),
    });
    const mail = requests.find(({ path }) => path === "/emails");
    expect(mail?.json).toMatchObject({
      to: ["ops@example.com"],
      subject: "Edgehog has disabled the app app",
    });
    expect(mail?.headers["authorization"]).toBe("Bearer re_key");
  });

  test("are not told a secret that an app's error gives away", async () => {
    const app = defineApp(
      "app",
      { setupPlugin: ({ config }: { config: object }) => Promise.reject(new Error(JSON.stringify(config))) },
      { config: { key: { env: "WAREHOUSE_KEY" } } },
    );
    people = await startRecorder();
    const settings = { ALERT_WEBHOOK_URL: people.url, WAREHOUSE_KEY: "a-warehouse-key" };
    edge = await startTestGateway({ apps: [app], settings });
    await edge.capture(e);
    await edge.settle();
    expect(people.requests).toHaveLength(1);
    const told = [people.requests[0]?.body, await (await edge.admin("apps")).text(), ...messages()].join();
    expect(told).toContain("Error: ");
    expect(told).not.toContain("a-warehouse-key");
  });

  test("are told after the last attempt, and not before", async () => {
    const { requests } = await alerting(flaky(always(new RetryError("away"))).app);
    await edge.capture(e);
    await edge.advance(150_000);
    expect(requests).toEqual([]);
    await edge.advance(10_000);
    expect(requests).toHaveLength(2);
  });

  test("find in the log that an alert could not be sent", async () => {
    const recorder = await alerting(flaky(always(new Error("bad"))).app);
    recorder.answerWith(() => new Response("no", { status: 500 }));
    await edge.capture(e);
    await edge.settle();
    expect(said("an alert was not sent by ALERT_WEBHOOK_URL")).toHaveLength(1);
  });
});

describe("the state of set-up costs", () => {
  test("a cold isolate one request to Redis, of two commands, however many apps there are", async () => {
    const apps = ["a", "b", "c"].map((plugin) =>
      defineApp(plugin, { processEvent: (event: object) => event }),
    );
    edge = await startTestGateway({ apps });
    await edge.capture(e);
    expect(edge.redis.counters()).toMatchObject({ requests: 1, commands: 2 });
  });

  test("a cold isolate without apps nothing", async () => {
    edge = await startTestGateway({ apps: [] });
    await edge.capture(e);
    expect(edge.redis.counters().requests).toBe(0);
  });

  test("a warm isolate one command in 20 s beside its deliveries, and a warm capture nothing", async () => {
    edge = await startTestGateway({ apps: [flaky(() => {}).app] });
    await edge.capture(e);
    await edge.settle();
    const before = edge.redis.counters().commands;
    for (const _ of [1, 2, 3]) await edge.capture(e);
    await edge.settle();
    expect(edge.redis.counters().commands - before).toBe(3 * deliveryCost.commands);
    edge.clock.set(edge.clock.now() + 20_000);
    for (const _ of [1, 2, 3]) await edge.capture(e);
    await edge.settle();
    expect(edge.redis.counters().commands - before).toBe(6 * deliveryCost.commands + 1);
  });

  test("no second isolate anything beyond its first look, once the app is ready", async () => {
    edge = await startTestGateway({ apps: [flaky(() => {}).app] });
    await edge.capture(e);
    await edge.settle();
    const before = edge.redis.counters();
    await (await edge.isolate()).capture(e);
    expect(edge.redis.counters().requests - before.requests).toBe(1);
    expect(said("Plugin loaded")).toHaveLength(1);
  });
});

describe("metrics", () => {
  test("that an app counts go out as an event of their own once a minute", async () => {
    type Meta = { metrics: { seen: { increment(by: number): void } } };
    const app = defineApp("app", {
      metrics: { seen: "SUM" },
      processEvent(event: PluginEvent, { metrics }: Meta) {
        if (event.event === "e") metrics.seen.increment(1);
        return event;
      },
    });
    edge = await startTestGateway({ apps: [app] });
    for (const _ of [1, 2, 3]) {
      await edge.capture(e);
      await edge.advance(30_000);
    }
    const sent = edge.delivered().filter(({ event }) => event === "$$plugin_metrics");
    expect(sent).toMatchObject([{ properties: { plugin_name: "app", seen: 3 } }]);
  });

  test("of a kind that does not exist disable their app", async () => {
    edge = await startTestGateway({
      apps: [defineApp("app", { metrics: { seen: "avg" }, processEvent: mark("seen") })],
    });
    await edge.capture(e);
    await edge.settle();
    expect(lastDelivered()).not.toHaveProperty("seen");
    expect(said("Only 'sum', 'max', and 'min' are supported as metric types")).toHaveLength(2);
  });
});
