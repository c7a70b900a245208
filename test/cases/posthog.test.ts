import { describe, expect, test } from "vitest";
import { deploy } from "./deploy.ts";

/** What PostHog gets of events that a task captures by `source`. */
async function captured(source: string, plugin: Record<string, string> = {}) {
  const edge = await deploy({
    app: { ...plugin, "index.js": `export async function runEveryMinute(meta) { ${source} }` },
  });
  await edge.tick();
  return edge;
}

describe("posthog.capture", () => {
  test.each<[string, string, object]>([
    [
      "an event by its name alone [299]",
      "await posthog.capture('x')",
      { event: "x", distinct_id: "App Server", timestamp: "2036-03-01T10:01:00.000Z" },
    ],
    [
      "its properties [300]",
      "await posthog.capture('x', { random: 'properties' })",
      { properties: { random: "properties", $lib: "posthog-plugin-server" } },
    ],
    [
      "its timestamp [301]",
      "await posthog.capture('x', { timestamp: new Date(1e12).toISOString() })",
      { timestamp: "2001-09-09T01:46:40.000Z" },
    ],
    [
      "its person [302]",
      "await posthog.capture('x', { distinct_id: 'custom id' })",
      { distinct_id: "custom id", properties: { distinct_id: "custom id" } },
    ],
    [
      "a $lib of its own [304]",
      "await posthog.capture('x', { $lib: 'mine' })",
      { properties: { $lib: "mine" } },
    ],
    [
      "uuid and $set as properties [305]",
      "await posthog.capture('x', { uuid: 'u', $set: { z: 1 } })",
      { properties: { uuid: "u", $set: { z: 1 } } },
    ],
    [
      "a Date as its timestamp",
      "await posthog.capture('x', { timestamp: new Date(1e12) })",
      { timestamp: "2001-09-09T01:46:40.000Z" },
    ],
    [
      "what it was given at the time, though the app changes it later",
      "const p = { deep: { n: 1 } }; const done = posthog.capture('x', p); p.deep.n = 2; await done",
      { properties: { deep: { n: 1 } } },
    ],
    [
      "App Server for a person that is null",
      "await posthog.capture('x', { distinct_id: null })",
      { distinct_id: "App Server" },
    ],
    [
      "App Server for a person that is empty",
      "await posthog.capture('x', { distinct_id: '' })",
      { distinct_id: "App Server", properties: { distinct_id: "App Server" } },
    ],
    ["a number as its person", "await posthog.capture('x', { distinct_id: 7 })", { distinct_id: "7" }],
    ["what is not awaited [309]", "posthog.capture('x')", { event: "x" }],
    [
      "what a promise captures that is not awaited",
      "Promise.resolve().then(() => posthog.capture('x'))",
      { event: "x" },
    ],
    ["what global.posthog captures", "globalThis.posthog.capture('x')", { event: "x" }],
  ])("delivers %s", async (_what, source, expected) => {
    const edge = await captured(source);
    expect(edge.delivered()).toMatchObject([expected]);
    const [event] = edge.delivered();
    expect(event?.uuid).toMatch(/^[\da-f]{8}-/);
    // No app may locate the server that made the event.
    expect(event?.properties).not.toHaveProperty("$ip");
  });

  test("is the person App Server's also for an app with a name, as the reference says [303]", async () => {
    const edge = await captured("await posthog.capture('x')", { "plugin.json": '{"name":"P"}' });
    expect(edge.delivered()[0]?.distinct_id).toBe("App Server");
  });

  test("throws for properties that are null [306]", async () => {
    const edge = await captured(
      "try { posthog.capture('x', null) } catch (error) { console.log(error.name) }",
    );
    expect(edge.messages()).toEqual(["TypeError"]);
  });

  test("brings its event through all apps, the capturing one included [307]", async () => {
    const edge = await deploy({
      tagger: "export const processEvent = (e) => (e.properties.tagged = true, e)",
      app: "export function processEvent(e) { e.properties.seen = true; if (e.event === 'first') posthog.capture('second', { from: e.event }); return e }",
    });
    await edge.send("first");
    expect(
      edge
        .delivered()
        .map(({ event, properties }) => [
          event,
          properties["tagged"],
          properties["seen"],
          properties["from"],
        ]),
    ).toEqual(
      expect.arrayContaining([
        ["first", true, true, undefined],
        ["second", true, true, "first"],
      ]),
    );
  });

  test("ends when events lead to events without end, and says so [308]", async () => {
    const edge = await deploy({
      app: "export function processEvent(e) { posthog.capture('again'); return e }",
    });
    await edge.send("start");
    expect(edge.delivered()).toHaveLength(10);
    expect(edge.messages().join()).toContain("looks like an endless loop");
  });

  test("gives apps an event without an address [310]", async () => {
    const edge = await deploy({
      app: "export const processEvent = (e) => (e.event === 'x' && (e.properties.ip = e.ip ?? 'none'), e); export const runEveryMinute = () => posthog.capture('x')",
    });
    await edge.tick();
    expect(edge.delivered()[0]?.properties["ip"]).toBe("none");
  });
});

describe("posthog.api", () => {
  test.each<[string, string, object]>([
    [
      "get sends data as parameters [312]",
      "get('/api/event', { data: { url: 'param' } })",
      { method: "GET", path: "/api/event?url=param&token=phc_test" },
    ],
    [
      "delete sends data as parameters, as the reference says [315]",
      "delete('/api/x', { data: { a: 1 } })",
      { method: "DELETE", path: "/api/x?a=1&token=phc_test", body: "" },
    ],
    [
      "post sends JSON [313, 324]",
      "post('/api/x', { data: { a: 1 } })",
      {
        method: "POST",
        path: "/api/x?token=phc_test",
        json: { a: 1 },
        headers: { "content-type": "application/json" },
      },
    ],
    ["put sends JSON [314]", "put('/api/x', { data: { b: 2 } })", { method: "PUT", json: { b: 2 } }],
    ["post without data sends {} [321]", "post('/a')", { body: "{}" }],
    ["a path without a slash has one [320]", "get('a')", { path: "/a?token=phc_test" }],
    ["a path with a query keeps it [322]", "get('/a?b=1')", { path: "/a?b=1&token=phc_test" }],
    [
      "@current is the team's number [323]",
      "get('/api/projects/@current/insights')",
      { path: expect.stringMatching(/^\/api\/projects\/\d+\/insights\?/) },
    ],
    [
      "headers of the app's own win [324]",
      "post('/a', { headers: { 'Content-Type': 'text/csv' } })",
      { headers: { "content-type": "text/csv" } },
    ],
    [
      "keys of the app's own are used [317]",
      "get('/a', { projectApiKey: 'token', personalApiKey: 'secret' })",
      { path: "/a?token=token", headers: { authorization: "Bearer secret" } },
    ],
    ["else the gateway's own key is [316]", "get('/a')", { headers: { authorization: "Bearer phx_own" } }],
  ])("%s", async (_what, call, expected) => {
    const edge = await deploy(
      {
        app: `export async function runEveryMinute() { const r = await posthog.api.${call}; console.log(r.status, await r.json()) }`,
      },
      { settings: { POSTHOG_PERSONAL_API_KEY: "phx_own" } },
    );
    edge.posthog.answerWith(() => Response.json({ results: [1] }, { status: 201 }));
    await edge.tick();
    expect(edge.posthog.requests).toMatchObject([expected]);
    expect(edge.messages()).toEqual(['201 {"results":[1]}']);
  });

  test("goes to another host, with or without a slash at its end [319]", async () => {
    const edge = await deploy({
      app: "export async function runEveryMinute() { await posthog.api.get('/a', { host: HOOK + '/' }); await posthog.api.get('/a', { host: HOOK }) }",
    });
    await edge.tick();
    expect(edge.hook.requests.map(({ path }) => path)).toEqual(["/a?token=phc_test", "/a?token=phc_test"]);
  });

  test("refuses one key without the other [318]", async () => {
    const edge = await deploy({
      app: "export async function runEveryMinute() { for (const key of ['projectApiKey', 'personalApiKey']) await posthog.api.get('/a', { [key]: 'x' }).catch((error) => console.log(error.message)) }",
    });
    await edge.tick();
    const message = "You must specify a personalApiKey if you specify a projectApiKey and vice-versa!";
    expect(edge.messages()).toEqual([message, message]);
  });

  test("does not throw for an HTTP error [325]", async () => {
    const edge = await deploy({
      app: "export async function runEveryMinute() { const r = await posthog.api.get('/a'); console.log(r.ok, r.status) }",
    });
    edge.posthog.answerWith(() => new Response("no", { status: 403 }));
    await edge.tick();
    expect(edge.messages()).toEqual(["false 403"]);
  });
});
