import { describe, expect, test } from "vitest";
import { type AppFolders, deploy, propertiesAfter } from "./deploy.ts";

const tag = (name: string) => `export function processEvent(e) { e.properties.${name} = 1; return e }`;
const none = { $plugins_succeeded: [], $plugins_failed: [], $plugins_deferred: [] };

describe("an event", () => {
  test.each<[string, string]>([
    ["null [161]", "return null"],
    ["nothing [162]", ""],
    ["undefined", "return undefined"],
    ["false [163]", "return false"],
    ["0 [163]", "return 0"],
    ["an empty text [163]", "return ''"],
    ["NaN", "return NaN"],
    ["a promise of null [164]", "return Promise.resolve(null)"],
  ])("is dropped by %s: no later app sees it, nor PostHog", async (_result, body) => {
    const edge = await deploy({
      app: `export function processEvent(event) { ${body} }`,
      later:
        "export function processEvent(e) { console.log('seen'); return e } export function onEvent() { console.log('seen') }",
    });
    expect(await edge.send("e")).toBeUndefined();
    expect(edge.messages()).toEqual([]);
  });

  test.each<[string, string]>([
    ["a function", "function processEvent(e) { e.properties.k = 1; return e }"],
    ["an async function", "async function processEvent(e) { e.properties.k = 1; return e }"],
    [
      "a function that returns a promise [165]",
      "function processEvent(e) { e.properties.k = 1; return Promise.resolve(e) }",
    ],
    [
      "a function that returns a thenable",
      "function processEvent(e) { e.properties.k = 1; return { then: (done) => done(e) } }",
    ],
    [
      "a function that returns a copy [166]",
      "function processEvent(e) { return { ...e, properties: { ...e.properties, k: 1 } } }",
    ],
    [
      "a function that returns a copy by way of JSON",
      "function processEvent(e) { const copy = JSON.parse(JSON.stringify(e)); copy.properties.k = 1; return copy }",
    ],
    [
      "a function that freezes what it returns",
      "function processEvent(e) { return Object.freeze({ ...e, properties: Object.freeze({ ...e.properties, k: 1 }) }) }",
    ],
    [
      "a function that returns an instance of a class of its own",
      "class Own { constructor({ properties, ...rest }) { Object.assign(this, rest) } get properties() { return props } }\nconst props = { k: 1 }\nfunction processEvent(e) { return new Own(e) }",
    ],
  ])("is changed by %s", async (_form, app) => {
    expect(await propertiesAfter(app)).toMatchObject({
      k: 1,
      $plugins_succeeded: ["app (1)"],
      $plugins_failed: [],
    });
  });

  test("goes from app to app in the configured order [167]", async () => {
    const app = {
      b: "export function processEvent(e) { e.properties.a = 1; return e }",
      a: "export function processEvent(e) { e.properties.b = e.properties.a + 1; return e }",
    };
    expect((await (await deploy(app)).send("e"))?.properties).toMatchObject({
      b: 2,
      $plugins_succeeded: ["b (1)", "a (2)"],
    });
  });

  test("goes to each app once [179]", async () => {
    const edge = await deploy({
      app: "export function processEvent(e) { e.properties.runCount = (e.properties.runCount || 0) + 1; return e }",
    });
    expect((await edge.send("e"))?.properties["runCount"]).toBe(1);
  });

  test("is the same object that came out of the app before [166]", async () => {
    const edge = await deploy({
      one: "let last; export function processEvent(e) { last = e; e.properties.list = [1]; return e }",
      two: "export function processEvent(e) { e.properties.list.push(2); return e }",
    });
    expect((await edge.send("e"))?.properties["list"]).toEqual([1, 2]);
  });

  test("comes as the client sent it, with what the gateway knows [160]", async () => {
    const edge = await deploy({
      app: "export function processEvent(e) { return { ...e, properties: { keys: Object.keys(e).sort(), seen: { ...e } } } }",
    });
    const sent = { timestamp: "2036-03-01T12:00:00+02:00", $set: { a: 1 }, $set_once: { b: 2 }, offset: 0 };
    const properties = (await edge.send("e", sent))?.properties;
    expect(properties?.["seen"]).toMatchObject({
      event: "e",
      distinct_id: "u1",
      ip: "127.0.0.1",
      site_url: expect.stringContaining("http"),
      team_id: expect.any(Number),
      now: "2036-03-01T10:00:30.000Z",
      timestamp: "2036-03-01T12:00:00+02:00",
      $set: { a: 1 },
      $set_once: { b: 2 },
      uuid: expect.any(String),
    });
  });

  test("may come without properties and without a timestamp [159]", async () => {
    const app = `export function processEvent(e) {
      const had = [typeof e.properties, typeof e.timestamp]
      e.properties = { ...e.properties, had, at: e.timestamp || e.now }
      return e
    }`;
    const edge = await deploy({ app });
    const properties = (await edge.send("$identify", { properties: undefined, $set: { a: 1 } }))?.properties;
    expect(properties).toMatchObject({ at: "2036-03-01T10:00:30.000Z" });
    expect(properties?.["had"]).toEqual([expect.any(String), "undefined"]);
  });
});

describe("what an app changes of an event reaches PostHog:", () => {
  test.each<[string, string, object]>([
    ["its name [178]", "e.event = 'other'", { event: "other" }],
    ["its person [177]", "e = { ...e, distinct_id: 'hell yes' }", { distinct_id: "hell yes" }],
    ["its time [178]", "e.timestamp = '2036-01-01T00:00:00Z'", { timestamp: "2036-01-01T00:00:00.000Z" }],
    [
      "its id [178]",
      "e.uuid = '0190f0a0-0000-7000-8000-0000000000ff'",
      { uuid: "0190f0a0-0000-7000-8000-0000000000ff" },
    ],
    [
      "what it says of the person [180]",
      "e.$set = { a: 1 }; e.$set_once = { b: 2 }",
      { $set: { a: 1 }, $set_once: { b: 2 } },
    ],
    ["… also among the properties", "e.properties.$set = { a: 1 }", { properties: { $set: { a: 1 } } }],
    [
      "dates, and nothing that JSON has not [186]",
      "e.properties = { d: new Date(0), u: undefined, fn: () => 1, n: NaN }",
      { properties: { d: "1970-01-01T00:00:00.000Z", n: null } },
    ],
    ["its time as milliseconds", "e.timestamp = 1e12", { timestamp: "2001-09-09T01:46:40.000Z" }],
    ["nested properties", "e.properties.a = { b: [{ c: 1 }] }", { properties: { a: { b: [{ c: 1 }] } } }],
  ])("%s", async (_what, change, expected) => {
    const edge = await deploy({ app: `export function processEvent(e) { ${change}; return e }` });
    await edge.send("e");
    expect(edge.delivered()).toMatchObject([expected]);
    expect(edge.delivered()[0]?.properties).not.toHaveProperty("fn");
  });

  test.each([
    "delete e.distinct_id",
    "e.distinct_id = null",
    "e.distinct_id = ''",
    "e.event = ''",
    "delete e.event",
    "e = { properties: e.properties, team_id: e.team_id, event: e.event }",
  ])("what PostHog refuses events without stays as it was after %s", async (change) => {
    const edge = await deploy({ app: `export function processEvent(e) { ${change}; return e }` });
    await edge.send("e");
    expect(edge.delivered()).toMatchObject([
      { uuid: "0190f0a0-0000-7000-8000-000000000001", event: "e", distinct_id: "u1" },
    ]);
  });

  test.each(["e.ip = null", "delete e.ip", "e = { ...e, ip: undefined }"])(
    "the address it removes by %s is gone",
    async (change) => {
      const edge = await deploy({ app: `export function processEvent(e) { ${change}; return e }` });
      expect((await edge.send("e"))?.properties).not.toHaveProperty("$ip");
    },
  );
});

describe("an app that fails", () => {
  test.each<[string, string, string]>([
    ["throws [168]", "throw new Error('I always fail!')", "Error: I always fail!"],
    ["rejects [169]", "return Promise.reject(new TypeError('no'))", "TypeError: no"],
    ["throws a text [348]", "throw 'str'", "str"],
    ["throws nothing", "throw undefined", "undefined"],
    ["throws null", "throw null", "null"],
    ["throws an object", "throw { code: 1 }", "code"],
    [
      "throws a RetryError, which is not retried here [171]",
      "throw new RetryError('later')",
      "RetryError: later",
    ],
    ["uses what does not exist", "undefinedName.x = 1", "ReferenceError: undefinedName is not defined"],
    ["recurses without end", "const f = () => f() + 1; f()", "RangeError: Maximum call stack"],
    [
      "freezes the event before",
      "Object.freeze(event.properties); Object.freeze(event); throw new Error('frozen')",
      "Error: frozen",
    ],
    ["returns a text [175]", "return 'text'", "IllegalOperationError"],
    ["returns a list [175]", "return [event]", "IllegalOperationError"],
    ["returns true [175]", "return true", "IllegalOperationError"],
    ["returns an object that is no event [175]", "return { a: 1 }", "IllegalOperationError"],
    [
      "changes team_id [174]",
      "return { ...event, team_id: 400 }",
      "IllegalOperationError: Plugin tried to change event.team_id",
    ],
    [
      "removes team_id",
      "delete event.team_id; return event",
      "IllegalOperationError: Plugin tried to change event.team_id",
    ],
  ])("because it %s keeps none from the rest [170]", async (_what, body, message) => {
    const edge = await deploy({
      failing: `export function processEvent(event) { event.properties.before = 1; ${body} }`,
      next: tag("next"),
    });
    expect(await edge.send("e")).toMatchObject({
      event: "e",
      distinct_id: "u1",
      properties: {
        before: 1,
        next: 1,
        $plugins_failed: ["failing (1)"],
        $plugins_succeeded: ["next (2)"],
        $plugins_deferred: [],
      },
    });
    const errors = edge.log.filter(({ level }) => level === "ERROR");
    expect(errors).toMatchObject([{ source: "PLUGIN", plugin: "failing", hook: "processEvent" }]);
    expect(errors[0]?.message).toContain(message);
  });

  test("keeps its other changes when it changed team_id [176]", async () => {
    expect(
      await propertiesAfter(
        "export function processEvent(e) { return { ...e, team_id: 400, properties: { x: 1 } } }",
      ),
    ).toMatchObject({ x: 1, $plugins_failed: ["app (1)"] });
  });
});

test.each(["'text'", "5", "true", "null", "undefined", "[]", "Object.freeze({})"])(
  "properties that an app sets to %s cost the event its properties and nothing more",
  async (value) => {
    const edge = await deploy({
      odd: `export function processEvent(e) { e.properties = ${value}; return e }`,
      next: "export function processEvent(e) { e.properties = { ...e.properties, next: 1 }; return e }",
    });
    expect((await edge.send("e"))?.properties).toMatchObject({ next: 1 });
  },
);

describe("markers", () => {
  test.each<[string, AppFolders, object]>([
    [
      "name an app that only listens as deferred [172]",
      { app: "export function onEvent() {}" },
      { ...none, $plugins_deferred: ["app (1)"] },
    ],
    [
      "name one that exports as deferred [172]",
      { app: "export function exportEvents() {}" },
      { ...none, $plugins_deferred: ["app (1)"] },
    ],
    [
      "name an app by both when it does both",
      { app: `${tag("k")} export function onEvent() {}` },
      { $plugins_succeeded: ["app (1)"], $plugins_deferred: ["app (1)"] },
    ],
    [
      "stand beside the app's own properties [189]",
      {
        app: "export function processEvent(e, meta) { e.properties = { keys: Object.keys(meta).length }; return e }",
      },
      { keys: 9, ...none, $plugins_succeeded: ["app (1)"] },
    ],
    [
      "stand on an event that an app built anew [189]",
      { app: "export function processEvent(e) { return { ...e, properties: { own: 1 } } }" },
      { own: 1, $plugins_succeeded: ["app (1)"] },
    ],
  ])("%s", async (_what, apps, expected) => {
    expect((await (await deploy(apps)).send("e"))?.properties).toMatchObject(expected);
  });

  test.each<[string, AppFolders, object]>([
    ["there is no app [173]", {}, {}],
    ["apps have tasks alone", { app: "export function runEveryMinute() {}" }, {}],
    ["the app is disabled [187]", { app: tag("k") }, { app: { enabled: false } }],
    ["the app runs for another project [188]", { app: tag("k") }, { app: { projects: ["phc_other"] } }],
  ])("are not set where %s", async (_where, apps, listings) => {
    const edge = await deploy(apps, { listings: listings as Record<string, object> });
    expect((await edge.send("e"))?.properties).toEqual({ $ip: "127.0.0.1" });
  });
});

test("processEvent is not asked for recordings, nor for what PostHog throws away [181, 182]", async () => {
  const edge = await deploy({
    app: `export function processEvent(e) { console.log('asked'); e.properties.$snapshot_data = 'no more'; return e }
      export function onSnapshot(e) { console.log(JSON.stringify(e.properties.$snapshot_data)) }`,
  });
  await edge.send("$snapshot", { properties: { $snapshot_data: { chunk: 1 }, $session_id: "s" } });
  await edge.send("$performance_event");
  expect(edge.messages()).toEqual(['{"chunk":1}']);
});
