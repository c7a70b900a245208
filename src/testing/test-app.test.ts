import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { isUnhandled } from "../apps/unhandled.ts";
import { CompileError } from "../compiler/index.ts";
import { createTestApp, type TestApp, type TestAppOptions } from "./index.ts";

/** An app in a folder of its own, at work until the test is over. */
async function start(
  files: string | Readonly<Record<string, string>>,
  options: Omit<TestAppOptions, "folder"> = {},
): Promise<TestApp> {
  const directory = await mkdtemp(join(tmpdir(), "test-app-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const folder = join(directory, "app");
  for (const [path, text] of Object.entries(typeof files === "string" ? { "index.js": files } : files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const app = await createTestApp({ folder, ...options });
  onTestFinished(() => app.stop().catch(() => {}));
  return app;
}

const messages = (app: TestApp) => app.logs.map(({ message }) => message);

describe("processEvent", () => {
  test("resolves to the event that goes on, with the configuration over the manifest's defaults", async () => {
    const app = await start(
      {
        "plugin.json": '{"config": [{"key": "a", "default": "1"}, {"key": "b", "default": "2"}]}',
        "index.ts":
          "export function processEvent(event: any, { config }) { event.properties = { ...event.properties, ...config }; return event }",
      },
      { config: { b: { env: "SECRET" } }, settings: { SECRET: "s3cret" } },
    );
    const event = { event: "visit", properties: { page: "/" } };
    expect(await app.processEvent(event)).toMatchObject({
      event: "visit",
      distinct_id: "somebody",
      properties: { page: "/", a: "1", b: "s3cret" },
    });
    expect(event.properties).toEqual({ page: "/" });
  });

  test("resolves to null for an event that the app drops", async () => {
    expect(await (await start("function processEvent() {}")).processEvent({ event: "e" })).toBeNull();
  });

  test("rejects with what the app threw, and with the message of a set-up that failed", async () => {
    const broken = await start("export function processEvent() { throw new Error('bug') }");
    await expect(broken.processEvent({ event: "e" })).rejects.toThrow("bug");
    const unset = await start(
      "export function setupPlugin() { throw new Error('no key') }; export function processEvent(e) { return e }",
    );
    await expect(unset.processEvent({ event: "e" })).rejects.toThrow("no key");
    await expect(unset.setUp()).rejects.toThrow("no key");
  });

  test("says so when the app has none", async () => {
    const app = await start("export function onEvent() {}");
    await expect(app.processEvent({ event: "e" })).rejects.toThrow("has no processEvent");
  });

  test("passes what the app captures on to PostHog", async () => {
    const app = await start(
      "export function processEvent(e) { if (e.event !== 'seen') posthog.capture('seen', { distinct_id: 'x' }); return e }",
    );
    await app.processEvent({ event: "e" });
    expect(app.delivered).toMatchObject([{ event: "seen", distinct_id: "x" }]);
  });
});

describe("capture", () => {
  test("goes the whole way, deferred hooks included, and resolves to what PostHog got", async () => {
    const app = await start(`
      export function processEvent(event) { return event.event === 'noise' ? null : event }
      export async function onEvent(event, { cache }) { await cache.incr(event.event) }
    `);
    const got = await app.capture([{ event: "visit" }, { event: "noise" }]);
    expect(got).toMatchObject([{ event: "visit", properties: { $plugins_succeeded: ["app (1)"] } }]);
    expect(await app.cache.get("visit", null)).toBe(1);
  });

  test("keeps a throwing deferred hook in the log and among the dead letters", async () => {
    const app = await start("export function onEvent() { throw new Error('bug') }");
    await app.capture({ event: "visit" });
    expect(await app.deadLetters()).toMatchObject([{ hook: "onEvent", error: "Error: bug" }]);
    expect(messages(app).join()).toContain("bug");
  });

  test("comes from the address that the test names, which geoip knows", async () => {
    const app = await start(
      "export async function processEvent(e, { geoip }) { return { ...e, properties: { city: (await geoip.locate(e.ip))?.city.names.en } } }",
      { geoip: { "198.51.100.7": { city: { names: { en: "Oslo" } } } } },
    );
    const [event] = await app.capture({ event: "e" }, { ip: "198.51.100.7" });
    expect(event?.properties).toMatchObject({ city: "Oslo", $ip: "198.51.100.7" });
  });

  test("refuses what no SDK could send, with the gateway's words", async () => {
    const app = await start("export function onEvent() {}");
    await expect(app.capture({ event: "" })).rejects.toThrow(/capture answered 400/);
  });
});

describe("a request of the app", () => {
  const exporter = `
    import fetch from 'node-fetch'
    export async function exportEvents(events) {
      const answer = await fetch('https://warehouse.example/in', { method: 'post', body: JSON.stringify(events.map((e) => e.event)) })
      if (answer.status >= 500) throw new RetryError('down')
    }
  `;

  test("is recorded, answered by the test, and made again when the gateway retries", async () => {
    const app = await start(exporter);
    app.respond("https://warehouse.example/", { status: 503 }, { json: { ok: true } });
    await app.capture([{ event: "a" }, { event: "b" }]);
    expect(app.requests).toEqual([]);
    await app.advance("10s");
    expect(app.requests).toHaveLength(1);
    await app.advance("6s");
    expect(app.requests.map(({ method, url, json }) => [method, url, json])).toEqual([
      ["POST", "https://warehouse.example/in", ["a", "b"]],
      ["POST", "https://warehouse.example/in", ["a", "b"]],
    ]);
    await app.advance("1h");
    expect(app.requests).toHaveLength(2);
    expect(await app.deadLetters()).toEqual([]);
  });

  test.each<[string, Parameters<TestApp["respond"]>, unknown]>([
    ["a response", [/\/x$/, new Response("hi", { status: 201 })], [201, "hi"]],
    ["by a function", [() => true, ({ url }) => ({ body: url })], [200, "https://h.example/x"]],
    ["a network that is down", ["https://h", new TypeError("no route")], "FetchError"],
    ["silence", ["https://h", () => new Promise<Response>(() => {})], "FetchError"],
  ])("can be answered with %s", async (_what, rule, result) => {
    const app = await start(`
      export async function processEvent(event) {
        try {
          const answer = await fetch('https://h.example/x', { timeout: 20 })
          event.properties = { result: [answer.status, await answer.text()] }
        } catch (error) { event.properties = { result: error.name } }
        return event
      }`);
    app.respond(...rule);
    expect((await app.processEvent({ event: "e" }))?.properties).toEqual({ result });
  });

  test("an answer says which request it is to", async () => {
    const app = await start(
      "export async function onEvent() { console.log((await fetch('https://x.example?a')).url) }",
    );
    await app.capture({ event: "e" });
    expect(messages(app)).toContain("https://x.example/?a");
  });

  test("to PostHog's API is among them, the delivery of events is not", async () => {
    const app = await start("export async function onEvent() { await posthog.api.get('/api/event') }", {
      settings: { POSTHOG_PERSONAL_API_KEY: "phx" },
    });
    await app.capture({ event: "e" });
    expect(app.requests).toMatchObject([{ method: "GET", headers: { authorization: "Bearer phx" } }]);
  });
});

describe("time", () => {
  const dated =
    "export function processEvent(e) { e.properties = { at: new Date().toISOString() }; return e }";

  test("stands still for the app too, until the test moves it", async () => {
    const app = await start(dated, { now: "2040-01-01" });
    expect((await app.processEvent({ event: "e" }))?.properties).toEqual({ at: "2040-01-01T00:00:00.000Z" });
    await app.advance("1h30m");
    expect((await app.processEvent({ event: "e" }))?.properties).toEqual({ at: "2040-01-01T01:30:00.000Z" });
    await expect(app.advance("soon")).rejects.toThrow('"soon" is no duration');
  });

  test("moves the lives of keys", async () => {
    const app = await start(dated);
    await app.cache.set("k", 1, 60);
    await app.advance("59s");
    expect(await app.cache.get("k", "gone")).toBe(1);
    await app.advance("2s");
    expect(await app.cache.get("k", "gone")).toBe("gone");
  });

  test("is real again once the app is stopped", async () => {
    const realYear = new Date().getFullYear();
    const app = await start(dated, { now: "2050-01-01" });
    expect(new Date().getFullYear()).toBe(2050);
    await app.stop();
    expect(new Date().getFullYear()).toBe(realYear);
  });
});

test("tasks and jobs run when they are told to, and reject with what they throw", async () => {
  const app = await start(`
    export const jobs = { add: (payload, { cache }) => cache.set('sum', payload.a + payload.b), fail() { throw new Error('job bug') } }
    export async function runEveryMinute(meta) { await meta.jobs.add({ a: 1, b: 2 }).runIn(1, 'hour') }
    export function runEveryHour() { throw new Error('task bug') }
  `);
  await app.job("add", { a: 2, b: 2 });
  expect(await app.cache.get("sum", 0)).toBe(4);
  await app.run("runEveryMinute");
  await app.advance("1h");
  expect(await app.cache.get("sum", 0)).toBe(3);
  await expect(app.run("runEveryHour")).rejects.toThrow("task bug");
  await expect(app.run("runEveryDay")).rejects.toThrow("has no runEveryDay");
  await expect(app.job("fail")).rejects.toThrow("job bug");
  await expect(app.job("nope")).rejects.toThrow('Task "nope" not found');
});

test("a restart takes the module's state and leaves Redis", async () => {
  const app = await start(`
    let seen = 0
    export async function processEvent(e, { storage }) { e.properties = { seen: ++seen, kept: await storage.get('kept', null) }; return e }
  `);
  await app.storage.set("kept", "yes");
  await app.processEvent({ event: "e" });
  app.restart();
  expect((await app.processEvent({ event: "e" }))?.properties).toEqual({ seen: 1, kept: "yes" });
});

test("attachments are there, and teardown happens", async () => {
  const app = await start(
    {
      "plugin.json": '{"config": [{"key": "list", "type": "attachment"}]}',
      "index.js": `
        export const processEvent = (e, { attachments }) => ({ ...e, properties: { list: attachments.list.contents.toString() } })
        export const teardownPlugin = () => console.log('bye')
      `,
    },
    { attachments: { list: "a,b" } },
  );
  expect((await app.processEvent({ event: "e" }))?.properties).toEqual({ list: "a,b" });
  await app.tearDown();
  expect(messages(app)).toContain("bye");
});

test("Redis can be away, and what the app costs can be counted", async () => {
  const app = await start("export const onEvent = (_, { cache }) => cache.incr('n')");
  await app.setUp();
  const before = app.costs();
  await app.capture({ event: "e" });
  const after = app.costs();
  expect(after.messages - before.messages).toBe(1);
  expect(after.redisCommands - before.redisCommands).toBeGreaterThan(0);
  app.setRedisAway(true);
  expect(await app.capture({ event: "e" })).toHaveLength(1);
  app.setRedisAway(false);
  expect(await app.cache.get("n", 0)).toBe(1);
});

test("what an app leaves unhandled is in its log, as in the gateway, and fails neither the hook nor the run", async () => {
  const app = await start(`
    const { gzip } = require('zlib')
    export function runEveryMinute() { fetch('https://down.example') }
    export const runEveryHour = () => new Promise((done) => gzip('x', () => { done(); throw new Error('late') }))
  `);
  app.respond("https://down.example", new Error("no route"));
  await app.run("runEveryMinute");
  await app.run("runEveryHour");
  await expect.poll(() => messages(app).filter(isUnhandled)).toHaveLength(2);
  expect(messages(app).filter(isUnhandled)).toEqual([
    expect.stringContaining("FetchError: request to https://down.example/ failed, reason: no route"),
    expect.stringContaining("Error: late"),
  ]);
});

test("an app that goes on for ever is stopped with a word about it", async () => {
  const again = "(_, { jobs }) => { if (++runs < 1600) jobs.again({}).runNow() }";
  const app = await start(`let runs = 0; export const jobs = { again: ${again} }`);
  await expect(app.job("again", {})).rejects.toThrow(/a message causes itself/);
});

test("a fault in the code is told as the build tells it", async () => {
  await expect(start("export const processEvent = eval('1')")).rejects.toThrow(CompileError);
});
