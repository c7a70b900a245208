import { describe, expect, test } from "vitest";
import { deploy } from "./deploy.ts";

describe("setupPlugin", () => {
  test("runs before the first event, which finds what it left in global [130]", async () => {
    const edge = await deploy({
      app: `function setupPlugin({ global }) { global.data = 'haha' }
        function processEvent(event, { global }) { event.event = global.data; return event }`,
    });
    expect((await edge.send("e"))?.event).toBe("haha");
  });

  test("is awaited, also when it waits for the network [131]", async () => {
    const edge = await deploy({
      app: `async function setupPlugin({ global }) { global.data = await (await fetch(HOOK)).text() }
        function processEvent(event, { global }) { event.properties.data = global.data; return event }`,
    });
    edge.hook.answerWith(() => new Response("waited"));
    expect((await edge.send("e"))?.properties["data"]).toBe("waited");
  });

  test.each([
    [
      "an async function that returns a promise",
      "async function setupPlugin({ global }) { return Promise.resolve().then(() => { global.ok = 1 }) }",
    ],
    [
      "a function that returns a promise",
      "function setupPlugin({ global }) { return new Promise((done) => { global.ok = 1; done() }) }",
    ],
    ["a function that returns a value", "function setupPlugin({ global }) { global.ok = 1; return false }"],
    [
      "a module variable instead of global [132]",
      "let ok; function setupPlugin({ global }) { ok = 1; global.ok = ok }",
    ],
  ])("may be %s", async (_form, setUp) => {
    const edge = await deploy({
      app: `${setUp}\nfunction processEvent(event, { global }) { event.properties.ok = global.ok; return event }`,
    });
    expect((await edge.send("e"))?.properties).toMatchObject({ ok: 1, $plugins_succeeded: ["app (1)"] });
  });

  test("runs once for many events [134]", async () => {
    const edge = await deploy({
      app: `export async function setupPlugin({ cache }) { await cache.incr('setups') }
        export async function processEvent(event, { cache }) { event.properties.setups = await cache.get('setups'); return event }`,
    });
    for (const _ of [1, 2, 3, 4]) await edge.send("e");
    expect((await edge.send("e"))?.properties["setups"]).toBe(1);
  });

  test("runs for an app that has tasks alone, before its task [135]", async () => {
    const edge = await deploy({
      app: "export function setupPlugin() { console.log('set up') } export function runEveryMinute() { console.log('task') }",
    });
    await edge.tick();
    expect(edge.messages()).toEqual(["set up", "task"]);
  });

  test("disables its app with a plain error: the event passes without its markers, and the log says why [136]", async () => {
    const edge = await deploy({
      app: "export function setupPlugin() { throw new Error('bad') } export function processEvent(e) { return null }",
    });
    expect((await edge.send("e"))?.properties).toEqual({ $ip: "127.0.0.1" });
    expect((await edge.send("e"))?.properties).toEqual({ $ip: "127.0.0.1" });
    expect(
      edge
        .messages()
        .filter((message) => /setupPlugin failed with Error: bad.*Disabled the app!/.test(message)),
    ).toHaveLength(1);
  });

  test("checks a key with fetch and disables its app with a wrong one", async () => {
    const app = `export async function setupPlugin({ config }) {
        const res = await fetch(HOOK, { headers: { Authorization: 'Bearer ' + config.apiKey } })
        if (res.status !== 200) { throw new Error('Invalid API key') }
      }
      export const processEvent = (e) => (e.properties.ok = true, e)`;
    for (const [apiKey, expected] of [
      ["good", true],
      ["bad", undefined],
    ] as const) {
      const edge = await deploy({ app }, { listings: { app: { config: { apiKey } } } });
      edge.hook.answerWith(
        ({ headers }) => new Response("", { status: headers["authorization"] === "Bearer good" ? 200 : 401 }),
      );
      expect((await edge.send("e"))?.properties["ok"]).toBe(expected);
    }
  });

  test("writes its retries to the log in PostHog's words [139]", async () => {
    const edge = await deploy({
      app: "export function setupPlugin() { throw new RetryError('away') } export const processEvent = (e) => e",
    });
    expect((await edge.send("e"))?.properties).toEqual({ $ip: "127.0.0.1" });
    expect(edge.messages()).toContain(
      "setupPlugin failed with RetryError (attempt 1/6): away. Retrying in 5 s...",
    );
  });
});

describe("global", () => {
  test("carries the reference's list of events to track [147]", async () => {
    const edge = await deploy(
      {
        app: `export function setupPlugin({ global, config }) {
            global.eventsToTrack = (config.eventsToTrack || '').split(',')
          }
          export function processEvent(event, { global, config }) {
            if(global.eventsToTrack.includes(event.event)) { event.properties.tracked = true }
            return event
          }`,
      },
      { listings: { app: { config: { eventsToTrack: "a,b" } } } },
    );
    expect((await edge.send("a"))?.properties["tracked"]).toBe(true);
    expect((await edge.send("c"))?.properties).not.toHaveProperty("tracked");
  });

  test("holds clients and other objects with methods [148]", async () => {
    const edge = await deploy({
      app: `class Client { constructor() { this.sent = 0 } send() { return ++this.sent } }
        export function setupPlugin({ global }) { global.client = new Client() }
        export function processEvent(e, { global }) { e.properties.sent = global.client.send(); return e }`,
    });
    await edge.send("e");
    expect((await edge.send("e"))?.properties["sent"]).toBe(2);
  });

  test("is one object for all hooks of an instance [149]", async () => {
    const edge = await deploy({
      app: `export function processEvent(e, { global }) { global.seen = (global.seen || []).concat(e.event); return e }
        export function onEvent(e, { global }) { console.log(global.seen.join()) }
        export function runEveryMinute({ global }) { console.log(global.seen.length) }`,
    });
    await edge.send("a");
    await edge.send("b");
    await edge.tick();
    expect(edge.messages()).toEqual(["a", "a,b", "2"]);
  });

  test("may be replaced by nothing that other hooks would miss", async () => {
    const edge = await deploy({
      app: "export function setupPlugin(meta) { meta.global.a = 1 } export function processEvent(e, meta) { e.properties.a = meta.global.a; Object.assign(meta.global, { b: 2 }); e.properties.b = meta.global.b; return e }",
    });
    expect((await edge.send("e"))?.properties).toMatchObject({ a: 1, b: 2 });
  });
});

describe("teardownPlugin", () => {
  test("runs when the process ends, once set up [151]", async () => {
    const edge = await deploy({
      app: "export const processEvent = (e) => e; export async function teardownPlugin({ global }) { await fetch(HOOK + '/bye') }",
      idle: "export function setupPlugin() { throw new Error('bad') } export function teardownPlugin() { console.log('never') }",
    });
    await edge.send("e");
    await edge.tearDown();
    expect(edge.hook.requests.map(({ path }) => path)).toEqual(["/bye"]);
    expect(edge.messages("idle")).not.toContain("never");
  });

  test("that throws is logged, and nothing before it [150]", async () => {
    const edge = await deploy({
      app: "export const processEvent = (e) => e; export function teardownPlugin() { throw new Error('This Happened In The Teardown Palace') }",
    });
    await edge.send("e");
    expect(edge.messages()).toEqual([]);
    await edge.tearDown();
    expect(edge.messages().join("\n")).toContain("This Happened In The Teardown Palace");
    expect(edge.messages()).toContain("Plugin failed to unload.");
  });

  test("leaves what is buffered for exportEvents where it outlives the process [157]", async () => {
    const edge = await deploy({
      app: `export async function exportEvents(events) { await fetch(HOOK + '/export', { method: 'post', body: String(events.length) }) }
        export async function teardownPlugin() { await fetch(HOOK + '/bye') }`,
    });
    await edge.send("e");
    await edge.tearDown();
    await edge.advance(10_000);
    expect(edge.hook.requests.map(({ path, body }) => path + body)).toEqual(["/bye", "/export1"]);
  });
});
