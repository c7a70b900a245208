import { afterEach, describe, expect, test } from "vitest";
import { manifestSchema } from "../src/apps/manifest.ts";
import { RetryError } from "../src/apps/errors.ts";
import { defineApp } from "../src/apps/testing.ts";
import type { PluginEvent } from "../src/event.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

let edge: TestGateway;
afterEach(() => edge.stop());

const PLACEHOLDER = "**************** POSTHOG SECRET FIELD ****************";
const SECRETS_KEY = Buffer.alloc(32, 7).toString("base64");
const e = { event: "e", distinct_id: "u1" };
type Meta = { config: Record<string, unknown> };

const manifest = manifestSchema.parse({
  name: "Store",
  config: [
    { key: "region", type: "choice", choices: ["eu", "us"], default: "us", required: true },
    { key: "apiKey", type: "string", secret: true },
    { key: "url", type: "string" },
  ],
});

/** Counts its events in module state, so that a test sees which instance is at work, and notes its life. */
function counting(plugin: string, more: Parameters<typeof defineApp>[2] = {}, hooks = {}) {
  const life: string[] = [];
  const app = defineApp(
    plugin,
    {},
    {
      ...more,
      createApp() {
        let count = 0;
        const exports = {
          setupPlugin: ({ config }: Meta) => void life.push(`set up ${config["region"] ?? ""}`.trim()),
          processEvent(event: PluginEvent, { config }: Meta) {
            count += 1;
            event.properties = { ...event.properties, [plugin]: count, config };
            return event;
          },
          teardownPlugin: () => void life.push("torn down"),
          ...hooks,
        };
        return { exports, defaultExport: undefined, moduleExports: {}, topLevel: {} };
      },
    },
  );
  return { app, life };
}

async function process(): Promise<Record<string, unknown>> {
  await edge.capture(e);
  await edge.settle();
  return edge.delivered().at(-1)?.properties ?? {};
}
type Told = Record<string, unknown> & { config: Record<string, unknown>[] };
async function get(plugin: string): Promise<Told> {
  return (await (await edge.admin(`apps/${plugin}`)).json()) as Told;
}
async function patch(plugin: string, body: unknown): Promise<Told> {
  const answer = await edge.admin(`apps/${plugin}`, { method: "PATCH", body });
  return Object.assign((await answer.json()) as Told, { status: answer.status });
}
const valueOf = ({ config }: Told, key: string) => config.find((field) => field["key"] === key);

describe("the admin's apps", () => {
  test("are told with where they stand, what they do and where each value comes from", async () => {
    const store = counting("store", {
      name: "Store",
      manifest,
      config: {
        region: "us",
        apiKey: "plain",
        url: { env: "STORE_URL" },
        extra: "x",
        token: { env: "TOKEN" },
      },
    });
    edge = await startTestGateway({
      settings: { STORE_URL: "https://store.example", TOKEN: "hidden" },
      apps: [
        store.app,
        defineApp("off", { onEvent: () => {} }, { id: 2, enabled: false }),
        defineApp("unset", {}, { id: 3, enabled: false, manifest, config: {} }),
        defineApp("bad", { setupPlugin: () => Promise.reject(new Error("no")) }, { id: 4 }),
        defineApp("slow", { setupPlugin: () => Promise.reject(new RetryError("wait")) }, { id: 5 }),
      ],
    });
    await process();
    const { apps } = (await (await edge.admin("apps")).json()) as { apps: Record<string, unknown>[] };
    expect(apps.map(({ plugin, state, position, why }) => [plugin, state, position, why])).toEqual([
      ["store", "running", 1, undefined],
      ["off", "disabled", null, "in apps.json"],
      ["unset", "needs configuration", null, "without a value: region"],
      ["bad", "disabled", 2, "Error: no"],
      ["slow", "pending", 3, expect.stringContaining("attempt 1 has failed")],
    ]);
    expect(apps[0]).toMatchObject({
      name: "Store",
      hooks: ["processEvent", "setupPlugin", "teardownPlugin"],
      config: [
        { key: "region", value: "us", from: "default" },
        { key: "apiKey", value: PLACEHOLDER, from: "apps.json" },
        { key: "url", secret: true, value: PLACEHOLDER, from: "setting", setting: "STORE_URL" },
        { key: "extra", value: "x", from: "apps.json" },
        { key: "token", value: PLACEHOLDER, from: "setting", setting: "TOKEN" },
      ],
    });
  });

  test.each([
    ["without a token", 401, () => fetch(`${edge.url}/admin/api/apps`)],
    ["that do not exist", 404, () => edge.admin("apps/none")],
    ["of a project that is not served", 404, () => edge.admin("apps/store?project=phc_none")],
  ])("are not shown %s", async (_what, status, ask) => {
    edge = await startTestGateway({ apps: [counting("store").app] });
    expect((await ask()).status).toBe(status);
  });

  test("are told apart by project", async () => {
    edge = await startTestGateway({
      settings: { PROJECT_TOKENS: "phc_test,phc_two" },
      apps: [counting("store").app],
    });
    expect((await edge.admin("apps/store")).status).toBe(400);
    expect(await patch("store?project=phc_two", { enabled: false })).toMatchObject({ status: 200 });
    expect(await get("store?project=phc_two")).toMatchObject({ state: "disabled", why: "by an admin" });
    expect(await process()).toHaveProperty("store");
  });
});

test("the apps of very many projects are shown one project at a time", async () => {
  const tokens = Array.from({ length: 21 }, (_, index) => `phc_${index}`);
  edge = await startTestGateway({
    settings: { PROJECT_TOKENS: tokens.join(",") },
    apps: [counting("store").app],
  });
  expect((await edge.admin("apps")).status).toBe(400);
  const answer = await edge.admin("apps?project=phc_7");
  expect(await answer.json()).toMatchObject({ apps: [{ project: "phc_7", plugin: "store" }] });
});

describe("an admin's change", () => {
  test("of the configuration replaces that app's instance, the new one before the old, and no other", async () => {
    const store = counting("store", { manifest, config: { region: "us" } });
    edge = await startTestGateway({ apps: [store.app, counting("other", { id: 2 }).app] });
    await process();
    const answer = await patch("store", { config: { region: "eu" } });
    expect(answer).toMatchObject({ status: 200, state: "running" });
    expect(valueOf(answer, "region")).toMatchObject({ value: "eu", from: "admin" });
    expect(store.life).toEqual(["set up us", "set up eu", "torn down"]);
    expect(await process()).toMatchObject({ store: 1, other: 2, config: expect.anything() });
  });

  test("reaches another isolate within 30 s, busy or idle, and waits there for nobody", async () => {
    const store = counting("store", { manifest, config: { region: "us" } });
    edge = await startTestGateway({ apps: [store.app] });
    const [busy, idle] = [await edge.isolate(), await edge.isolate()];
    for (const isolate of [edge, busy, idle]) await isolate.capture(e);
    await patch("store", { enabled: false });
    for (let waited = 0; waited < 30; waited += 6) {
      await edge.advance(6000);
      await busy.capture(e);
      await edge.settle();
    }
    const seen = edge.delivered().length;
    await busy.capture(e);
    await idle.capture(e);
    await edge.settle();
    expect(
      edge
        .delivered()
        .slice(seen)
        .map(({ properties }) => properties["store"]),
    ).toEqual([undefined, undefined]);
    expect(store.life.filter((what) => what === "torn down")).toHaveLength(3);
  });

  test("of the order moves an app in the chain without setting it up again", async () => {
    const [one, two] = [counting("one", { id: 1 }), counting("two", { id: 2 })];
    const order: string[] = [];
    const noting = (plugin: string, id: number) =>
      defineApp(plugin, { processEvent: (event: object) => (order.push(plugin), event) }, { id });
    edge = await startTestGateway({ apps: [one.app, two.app, noting("three", 3), noting("four", 4)] });
    await process();
    expect(await patch("four", { order: 3 })).toMatchObject({ status: 200, position: 3, order: 3, id: 4 });
    await process();
    expect(order).toEqual(["three", "four", "four", "three"]);
    expect(one.life).toEqual(["set up"]);
    expect(await patch("four", { order: null })).toMatchObject({ position: 4 });
  });

  test("switches off at once, and on again with a set-up afresh", async () => {
    const store = counting("store");
    edge = await startTestGateway({ apps: [store.app] });
    await process();
    expect(await patch("store", { enabled: false })).toMatchObject({ state: "disabled", position: null });
    expect(await process()).toEqual({ $ip: "127.0.0.1" });
    expect(await patch("store", { enabled: true })).toMatchObject({ state: "running" });
    expect(await process()).toMatchObject({ store: 1 });
    expect(store.life).toEqual(["set up", "torn down", "set up"]);
  });

  test("revives an app that set-up had disabled, for all isolates", async () => {
    let mended = false;
    const setupPlugin = () => {
      if (!mended) throw new Error("bad key");
    };
    edge = await startTestGateway({ apps: [counting("store", {}, { setupPlugin }).app] });
    await process();
    const other = await edge.isolate();
    await other.capture(e);
    expect(await patch("store", { enabled: true })).toMatchObject({
      state: "disabled",
      why: "Error: bad key",
    });
    mended = true;
    expect(await patch("store", { enabled: true })).toMatchObject({ state: "running" });
    await edge.advance(30_000);
    await other.capture(e);
    await edge.settle();
    expect(edge.delivered().at(-1)?.properties).toMatchObject({ store: 1 });
  });

  test("takes the old instance out of use even if the new one cannot be set up", async () => {
    const setupPlugin = ({ config }: Meta) => {
      if (config["region"] === "eu") throw new Error("not there");
    };
    const store = counting("store", { manifest, config: { region: "us" } }, { setupPlugin });
    edge = await startTestGateway({ apps: [store.app] });
    await process();
    expect(await patch("store", { config: { region: "eu" } })).toMatchObject({
      state: "disabled",
      why: "Error: not there",
    });
    expect(await process()).not.toHaveProperty("store");
    await patch("store", { config: { region: null } });
    expect(await process()).toHaveProperty("store");
  });

  test("keeps global of the old configuration from the new one", async () => {
    const globals: unknown[] = [];
    const app = defineApp("store", {
      processEvent(event: PluginEvent, { global }: { global: Record<string, unknown> }) {
        globals.push({ ...global });
        global["since"] = globals.length;
        return event;
      },
    });
    edge = await startTestGateway({ apps: [app] });
    await process();
    edge.restart();
    await process();
    await patch("store", { config: { a: 1 } });
    await process();
    expect(globals).toEqual([{}, { since: 1 }, {}]);
  });

  test("survives a new deployment, and two at the same time are both kept", async () => {
    const store = counting("store", { manifest, config: { region: "us" } });
    edge = await startTestGateway({ apps: [store.app] });
    await Promise.all([patch("store", { config: { a: 1 } }), patch("store", { config: { b: 2 } })]);
    edge.restart([{ ...store.app, version: "v2" }]);
    expect((await process())["config"]).toEqual({ region: "us", a: 1, b: 2 });
  });

  test.each([
    [{ config: { region: "mars" } }, 'config.region: "mars" is not one of "eu", "us"'],
    [
      { config: { url: { env: "ADMIN_TOKEN" } } },
      "config.url: a reference to a setting belongs into apps.json",
    ],
    [{ config: { apiKey: 5 } }, "config.apiKey: a secret is text"],
    [{ config: { apiKey: "k" } }, "nothing secret is stored without SECRETS_KEY"],
    [{ config: { url: "x".repeat(100_001) } }, "config: is above 100000 characters"],
    [{ order: "first" }, "order: "],
    [{ enable: true }, 'send {"enabled"?, "order"?, "config"?} as JSON'],
    ["nonsense", "body: "],
  ])("that does not fit is refused by its path: %j", async (body, message) => {
    edge = await startTestGateway({
      apps: [counting("store", { manifest, config: { region: "us" } }).app],
    });
    const answer = await patch("store", body);
    expect([answer["status"], answer["error"]]).toEqual([400, expect.stringContaining(message)]);
    expect(await edge.redisCommand("HGETALL", "apps:phc_test")).toEqual([]);
  });

  test("does not enable an app whose required fields are empty", async () => {
    const unset = counting("unset", { enabled: false, manifest });
    edge = await startTestGateway({ apps: [unset.app] });
    const refused = await patch("unset", { enabled: true });
    expect([refused["status"], refused["error"]]).toEqual([400, expect.stringContaining("config.region")]);
    expect(await patch("unset", { enabled: true, config: { region: "eu" } })).toMatchObject({
      state: "running",
    });
    expect(await process()).toHaveProperty("unset");
  });

  test("is answered with 503 while Redis is away", async () => {
    edge = await startTestGateway({ apps: [counting("store").app] });
    edge.setRedisAway(true);
    expect(await patch("store", { enabled: false })).toMatchObject({ status: 503 });
    expect(await get("store")).toMatchObject({ state: "running" });
    edge.setRedisAway(false);
  });
});

describe("a secret", () => {
  const start = () =>
    startTestGateway({
      settings: { SECRETS_KEY },
      apps: [counting("store", { manifest, config: { region: "us" } }).app],
    });

  test("reaches the app in clear, and nobody else", async () => {
    edge = await start();
    const answer = await patch("store", { config: { apiKey: "super secret" } });
    expect(valueOf(answer, "apiKey")).toMatchObject({ value: PLACEHOLDER, from: "admin" });
    expect(JSON.stringify(await edge.redisCommand("HGETALL", "apps:phc_test"))).not.toContain("super");
    edge.restart();
    expect((await process())["config"]).toMatchObject({ apiKey: "super secret" });
  });

  test("is kept when its placeholder or nothing comes back, and cleared by an empty text", async () => {
    edge = await start();
    await patch("store", { config: { apiKey: "super secret" } });
    await patch("store", { config: { apiKey: PLACEHOLDER, url: "u" } });
    await patch("store", { config: { apiKey: null } });
    expect((await process())["config"]).toMatchObject({ apiKey: "super secret", url: "u" });
    const cleared = await patch("store", { config: { apiKey: "" } });
    expect(valueOf(cleared, "apiKey")).toMatchObject({ value: "" });
    expect((await process())["config"]).toMatchObject({ apiKey: "" });
  });

  test("that was sealed for another place or under another key is left out, and the log says so", async () => {
    edge = await start();
    await patch("store", { config: { apiKey: "super secret" } });
    const text = String(await edge.redisCommand("HGET", "apps:phc_test", "override store"));
    await edge.redisCommand("HSET", "apps:phc_test", "override store", text.replace('"apiKey":', '"url":'));
    edge.restart();
    expect((await process())["config"]).toEqual({ region: "us" });
    expect(edge.log.map(({ message }) => message).join()).toContain("config.url is unset");
  });
});

describe("what an app that was switched off had planned", () => {
  test("is cancelled: its jobs with a line in its log, its tasks silently", async () => {
    const ran: string[] = [];
    const app = counting(
      "store",
      {},
      {
        jobs: { later: () => void ran.push("job") },
        runEveryMinute: () => void ran.push("task"),
        processEvent(
          event: PluginEvent,
          { jobs }: { jobs: Record<string, () => { runIn(n: number, unit: string): unknown }> },
        ) {
          void jobs["later"]?.().runIn(30, "seconds");
          return event;
        },
      },
    );
    edge = await startTestGateway({ apps: [app.app] });
    await process();
    await patch("store", { enabled: false });
    await edge.advance(30_000);
    const timeMs = Date.UTC(2036, 2, 1, 10, 2);
    edge.clock.set(timeMs);
    await edge.scheduled(timeMs);
    await edge.settle();
    expect(ran).toEqual([]);
    expect(edge.log.map(({ message }) => message)).toContain("jobs.later was cancelled: the app is disabled");
    expect(await edge.deadLetters()).toEqual([]);
    expect(
      (await edge.admin("apps/store/run", { method: "POST", body: { task: "runEveryMinute" } })).status,
    ).toBe(404);
  });

  test("becomes dead letters where it was to be tried again", async () => {
    const onEvent = () => Promise.reject(new RetryError("away"));
    edge = await startTestGateway({ apps: [counting("store", {}, { onEvent }).app] });
    await process();
    await patch("store", { enabled: false });
    await edge.advance(30_000);
    expect(await edge.deadLetters()).toMatchObject([
      { plugin: "store", hook: "onEvent", events: [{ event: "e" }] },
    ]);
  });
});
