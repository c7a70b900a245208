import { afterEach, describe, expect, test } from "vitest";
import { RetryError } from "../src/apps/errors.ts";
import { defineApp } from "../src/apps/testing.ts";
import type { AppHost } from "../src/apps/definition.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

const MINUTE_MS = 60_000;

let edge: TestGateway;
afterEach(() => edge.stop());

const noApp = { exports: {}, defaultExport: undefined, moduleExports: {}, topLevel: {} };

/** An app that uses its world, as compiled ones do. */
const appWith = (plugin: string, createExports: (host: AppHost & { posthog: Capturing }) => object) =>
  defineApp(plugin, {}, { createApp: (host) => ({ ...noApp, exports: createExports(host as never) }) });
interface Capturing {
  capture(event: string, properties?: object | null): Promise<void>;
}

const run = (plugin: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${edge.url}/admin/api/apps/${plugin}/run`, {
    method: "POST",
    headers: { Authorization: `Bearer ${edge.adminToken}`, "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

describe("scheduled tasks", () => {
  test("run at each full minute, hour and day, in UTC", async () => {
    const ran: string[] = [];
    const note = (task: string) => () => void ran.push(`${task} ${new Date(edge.clock.now()).toISOString()}`);
    edge = await startTestGateway({
      apps: [
        defineApp("all", {
          runEveryMinute: note("minute"),
          runEveryHour: note("hour"),
          runEveryDay: note("day"),
        }),
      ],
    });
    for (const time of ["23:58", "23:59", "24:00", "24:01"]) {
      const [hour, minute] = time.split(":").map(Number);
      const timeMs = Date.UTC(2036, 2, 1, hour, minute);
      edge.clock.set(timeMs);
      await edge.scheduled(timeMs);
      await edge.settle();
    }
    expect(ran.toSorted()).toEqual([
      "day 2036-03-02T00:00:00.000Z",
      "hour 2036-03-02T00:00:00.000Z",
      "minute 2036-03-01T23:58:00.000Z",
      "minute 2036-03-01T23:59:00.000Z",
      "minute 2036-03-02T00:00:00.000Z",
      "minute 2036-03-02T00:01:00.000Z",
    ]);
  });

  test("get meta as their only argument, and run once though the tick fires twice", async () => {
    const calls: unknown[][] = [];
    edge = await startTestGateway({
      apps: [defineApp("app", { runEveryMinute: (...args: unknown[]) => void calls.push(args) })],
    });
    const tick = Math.floor(edge.clock.now() / MINUTE_MS) * MINUTE_MS;
    await Promise.all([edge.scheduled(tick), edge.scheduled(tick + 900)]);
    await edge.settle();
    expect(calls).toHaveLength(1);
    expect(calls[0]).toHaveLength(1);
    expect(calls[0]?.[0]).toHaveProperty("config");
  });

  test("never run twice at a time: a tick that finds its task running is skipped", async () => {
    const gate = Promise.withResolvers<void>();
    let runs = 0;
    edge = await startTestGateway({
      apps: [
        defineApp("slow", {
          async runEveryMinute() {
            runs += 1;
            await gate.promise;
          },
        }),
      ],
    });
    const tick = Math.floor(edge.clock.now() / MINUTE_MS) * MINUTE_MS;
    await edge.scheduled(tick);
    const first = edge.settle();
    await expect.poll(() => runs).toBe(1);
    expect((await run("slow", { task: "runEveryMinute" })).status).toBe(409);
    gate.resolve();
    await first;
    await expect.poll(async () => (await run("slow", { task: "runEveryMinute" })).status).toBe(202);
    await edge.settle();
    expect(runs).toBe(2);
  });

  test("log what they throw and run again at the next tick, and others run all the same", async () => {
    const ran: string[] = [];
    edge = await startTestGateway({
      apps: [
        defineApp("broken", {
          runEveryMinute() {
            ran.push("broken");
            throw new Error("lol");
          },
        }),
        defineApp("healthy", { runEveryMinute: () => void ran.push("healthy") }),
      ],
    });
    for (const minute of [0, 1]) {
      const tick = Date.UTC(2036, 2, 1, 11, minute);
      edge.clock.set(tick);
      await edge.scheduled(tick);
      await edge.settle();
    }
    expect(ran.toSorted()).toEqual(["broken", "broken", "healthy", "healthy"]);
    expect(edge.log.filter(({ level, hook }) => level === "ERROR" && hook === "runEveryMinute")).toHaveLength(
      2,
    );
  });

  test("are skipped when their tick arrives more than a period late", async () => {
    let runs = 0;
    edge = await startTestGateway({ apps: [defineApp("app", { runEveryMinute: () => void (runs += 1) })] });
    const tick = Math.floor(edge.clock.now() / MINUTE_MS) * MINUTE_MS;
    await edge.scheduled(tick);
    edge.clock.set(tick + 61_000);
    await edge.settle();
    expect(runs).toBe(0);
  });

  test("are run by the admin API with the bearer token only", async () => {
    let runs = 0;
    edge = await startTestGateway({ apps: [defineApp("app", { runEveryHour: () => void (runs += 1) })] });
    const body = { task: "runEveryHour" };
    expect((await run("app", body, { Authorization: "Bearer wrong" })).status).toBe(401);
    expect((await run("app", body, { Authorization: "" })).status).toBe(401);
    expect((await run("app", { task: "runEveryDay" })).status).toBe(404);
    expect((await run("app", { task: "dance" })).status).toBe(404);
    expect((await run("other", body)).status).toBe(404);
    const refused = await run("app", { task: 1 });
    expect([refused.status, await refused.json()]).toEqual([
      400,
      { error: expect.stringContaining('body: send {"task": <name>}'), faults: expect.any(Array) },
    ]);
    await edge.settle();
    expect(runs).toBe(0);
    expect((await run("app", body)).status).toBe(202);
    await edge.settle();
    expect(runs).toBe(1);
  });

  test("have no admin API where no ADMIN_TOKEN is set", async () => {
    edge = await startTestGateway({ apps: [], settings: { ADMIN_TOKEN: "" } });
    expect((await run("app", { task: "runEveryHour" })).status).toBe(404);
  });
});

describe("posthog.capture", () => {
  test("brings an app's event to the start of the chain, by one message for all of a run", async () => {
    edge = await startTestGateway({
      apps: [
        defineApp("tagger", {
          processEvent(event: { properties: Record<string, unknown> }) {
            event.properties["tagged"] = true;
            return event;
          },
        }),
        appWith("reporter", ({ posthog }) => ({
          runEveryMinute() {
            void posthog.capture("one");
            void posthog.capture("two", { distinct_id: "u7", timestamp: "2036-01-01T00:00:00Z", stars: 3 });
          },
        })),
      ],
    });
    await run("reporter", { task: "runEveryMinute" });
    await edge.settle();
    expect(edge.delivered()).toMatchObject([
      {
        event: "one",
        distinct_id: "App Server",
        timestamp: "2036-03-01T10:00:30.000Z",
        properties: { tagged: true, distinct_id: "App Server", $lib: "posthog-plugin-server" },
      },
      {
        event: "two",
        distinct_id: "u7",
        timestamp: "2036-01-01T00:00:00.000Z",
        properties: { tagged: true, stars: 3 },
      },
    ]);
    expect(edge.delivered()[0]?.properties).not.toHaveProperty("$ip");
    // The task, the captured events, their delivery.
    expect(edge.qstash.counters().published).toBe(3);
  });

  test("ends an endless loop after ten generations, and says so in the app's log", async () => {
    edge = await startTestGateway({
      apps: [
        appWith("looper", ({ posthog }) => ({
          processEvent(event: object) {
            void posthog.capture("again");
            return event;
          },
        })),
      ],
    });
    await edge.capture({ event: "start", distinct_id: "u1" });
    await edge.settle();
    expect(edge.delivered()).toHaveLength(10);
    expect(edge.log).toMatchObject([{ level: "ERROR", message: expect.stringContaining("endless loop") }]);
  });

  test("throws for properties that are null, as PostHog's did", async () => {
    let thrown: unknown;
    edge = await startTestGateway({
      apps: [
        appWith("app", ({ posthog }) => ({
          runEveryMinute() {
            try {
              void posthog.capture("x", null);
            } catch (error) {
              thrown = error;
            }
          },
        })),
      ],
    });
    await run("app", { task: "runEveryMinute" });
    await edge.settle();
    expect(thrown).toBeInstanceOf(TypeError);
  });
});

describe("setupPlugin", () => {
  test("runs once before the first event", async () => {
    let setUps = 0;
    edge = await startTestGateway({
      apps: [
        defineApp("app", { setupPlugin: () => void (setUps += 1), processEvent: (event: object) => event }),
      ],
    });
    for (const _ of [1, 2, 3]) await edge.capture({ event: "e", distinct_id: "u1" });
    expect(setUps).toBe(1);
  });

  test("disables its app with a plain error, says so, and events pass without its marks", async () => {
    edge = await startTestGateway({
      apps: [
        defineApp("app", {
          setupPlugin: () => Promise.reject(new Error("bad key")),
          processEvent: () => null,
        }),
      ],
    });
    await edge.capture({ event: "e", distinct_id: "u1" });
    await edge.settle();
    expect(edge.delivered()).toHaveLength(1);
    expect(edge.delivered()[0]?.properties).toEqual({ $ip: "127.0.0.1" });
    expect(edge.log.map(({ message }) => message)).toContain(
      "setupPlugin failed with Error: bad key. Disabled the app!",
    );
  });

  test("is tried again after 5 and then 10 s for a RetryError, and its app's deferred work waits", async () => {
    const attempts: number[] = [];
    const received: string[] = [];
    edge = await startTestGateway({
      apps: [
        defineApp("app", {
          setupPlugin() {
            attempts.push(edge.clock.now());
            if (attempts.length < 3) throw new RetryError("away");
          },
          onEvent: ({ event }: { event: string }) => void received.push(event),
        }),
      ],
    });
    await edge.capture({ event: "e", distinct_id: "u1" });
    await edge.settle();
    expect(received).toEqual([]);
    await edge.advance(60_000);
    expect(received).toEqual(["e"]);
    expect(edge.log[0]?.message).toBe(
      "setupPlugin failed with RetryError (attempt 1/6): away. Retrying in 5 s...",
    );
  });

  test("is not reached by an app whose module throws: the app is disabled, events pass", async () => {
    edge = await startTestGateway({
      apps: [
        defineApp(
          "app",
          {},
          {
            createApp() {
              throw new Error("top");
            },
          },
        ),
      ],
    });
    expect((await edge.capture({ event: "e", distinct_id: "u1" })).status).toBe(200);
    await edge.settle();
    expect(edge.delivered()).toHaveLength(1);
    expect(edge.log.map(({ message }) => message).join("\n")).toContain("Plugin failed to load: Error: top");
  });
});

describe("teardownPlugin", () => {
  test("runs for apps that were set up when the process ends, and what it captures is not lost", async () => {
    const tornDown: string[] = [];
    edge = await startTestGateway({
      apps: [
        appWith("app", ({ posthog }) => ({
          async teardownPlugin() {
            tornDown.push("app");
            await posthog.capture("goodbye");
          },
        })),
        defineApp("broken", { teardownPlugin: () => Promise.reject(new Error("stuck")) }),
        defineApp("never set up", {
          setupPlugin: () => Promise.reject(new Error("bad")),
          teardownPlugin: () => void tornDown.push("never set up"),
        }),
      ],
    });
    await edge.capture({ event: "e", distinct_id: "u1" });
    await edge.tearDown();
    await edge.settle();
    expect(tornDown).toEqual(["app"]);
    expect(edge.delivered().map(({ event }) => event)).toContain("goodbye");
    expect(edge.log.map(({ message }) => message)).toContain("Plugin failed to unload.");
  });
});
