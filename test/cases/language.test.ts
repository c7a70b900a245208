import { describe, expect, test } from "vitest";
import { deploy, propertiesAfter } from "./deploy.ts";

/** What an expression is inside `processEvent` of an app. */
async function evaluate(expression: string, before = ""): Promise<unknown> {
  const app = `${before}\nexport async function processEvent(event, meta) { event.properties.result = ${expression}; return event }`;
  const properties = await propertiesAfter(app);
  expect(properties).toMatchObject({ $plugins_failed: [] });
  return properties?.["result"];
}

describe("of sloppy mode", () => {
  test.each<[string, string, string, unknown]>([
    ["an undeclared name is a variable [46]", "implicit", "implicit = 5", 5],
    ["… also one assigned in a function [46]", "(() => { implicit = 5; return implicit })()", "", 5],
    ["… which globalThis has too", "globalThis.implicit", "implicit = 5", 5],
    ["… and global", "global.implicit", "implicit = 5", 5],
    ["a property of globalThis is a variable", "shared + 1", "globalThis.shared = 1", 2],
    ["a property of global is one", "shared + 1", "global.shared = 1", 2],
    [
      "… whoever writes last",
      "[shared, (shared = 2, global.shared), (global.shared = 3, shared)]",
      "global.shared = 1",
      [1, 2, 3],
    ],
    [
      "… that can be asked for before it is written",
      "typeof later",
      "function set() { global.later = 1 }",
      "undefined",
    ],
    ["… as a memo", "(global.memo = global.memo || {}, memo.a = 1, global.memo)", "", { a: 1 }],
    [
      "a built-in may be replaced for the app alone",
      "[isNaN(1), parseInt('7')]",
      "isNaN = () => 'mine'",
      ["mine", 7],
    ],
    ["undeclared loop variables work", "(() => { for (i = 0; i < 3; i++); return i })()", "", 3],
    [
      "undeclared destructuring targets work",
      "(() => { [a, { b = 2 }] = [1, {}]; return [a, b] })()",
      "",
      [1, 2],
    ],
    ["a chain of assignments works", "(() => { var x = y = 2; return x + y })()", "", 4],
  ])("%s", async (_what, expression, before, expected) => {
    expect(await evaluate(expression, before)).toEqual(expected);
  });

  test.each<[string, string, unknown]>([
    ["config [47]", "(meta.config.a = '2', meta.config.a)", "1"],
    ["what config holds [48]", "(meta.config.nested.x = 9, meta.config.nested.x)", 1],
    ["a deleted key of config", "(delete meta.config.a, meta.config.a)", "1"],
    ["a list in config", "(meta.config.list.push(3), meta.config.list)", [1, 2]],
  ])("a write to %s changes nothing, and fails nothing", async (_what, expression, expected) => {
    const app = `export function processEvent(event, meta) { event.properties.result = ${expression}; return event }`;
    const options = { listings: { app: { config: { a: "1", nested: { x: 1 }, list: [1, 2] } } } };
    expect(await propertiesAfter(app, options)).toMatchObject({
      result: expected,
      $plugins_succeeded: ["app (1)"],
    });
  });
});

describe("an app finds", () => {
  test.each([
    ["fetch", "function"],
    ["posthog", "object"],
    ["console", "object"],
    ["RetryError", "function"],
    ["URL", "function"],
    ["URLSearchParams", "function"],
    ["Buffer", "function"],
    ["global", "object"],
    ["globalThis", "object"],
    ["module", "object"],
    ["exports", "object"],
    ["Intl", "object"],
    ["WeakRef", "function"],
    ["BigInt", "function"],
    ["Proxy", "function"],
    ["posthog.capture", "function"],
    ["posthog.api.get", "function"],
    ["global.fetch", "function"],
    ["globalThis.posthog", "object"],
    ["setTimeout", "undefined"],
    ["setInterval", "undefined"],
    ["setImmediate", "undefined"],
    ["clearTimeout", "undefined"],
    ["queueMicrotask", "undefined"],
    ["process", "undefined"],
    ["require", "undefined"],
    ["global.setTimeout", "undefined"],
    ["globalThis.process", "undefined"],
    ["console.table", "undefined"],
  ])("%s to be %s [49–55]", async (name, type) => {
    expect(await evaluate(`typeof ${name}`)).toBe(type);
  });
});

describe("module state", () => {
  test("lasts from event to event [56]", async () => {
    const edge = await deploy({
      app: "let n = 0; export function processEvent(e) { e.properties.n = ++n; return e }",
    });
    expect([(await edge.send("e"))?.properties["n"], (await edge.send("e"))?.properties["n"]]).toEqual([
      1, 2,
    ]);
  });

  test("is not shared between projects, nor between apps [57]", async () => {
    const counter = "let n = 0; function processEvent(e) { e.properties[NAME] = ++n; shared = n; return e }";
    const edge = await deploy(
      { one: counter.replace("NAME", "'one'"), two: counter.replace("NAME", "'two'") },
      { settings: { PROJECT_TOKENS: "phc_test,phc_other" } },
    );
    await edge.send("e");
    expect((await edge.send("e"))?.properties).toMatchObject({ one: 2, two: 2 });
    expect((await edge.send("e", { api_key: "phc_other" }))?.properties).toMatchObject({ one: 1, two: 1 });
  });
});

describe("meta", () => {
  test("has exactly the members that apps know [58]", async () => {
    const keys = await evaluate("Object.keys(meta).sort()");
    expect(keys).toEqual([
      "attachments",
      "cache",
      "config",
      "geoip",
      "global",
      "jobs",
      "metrics",
      "storage",
      "utils",
    ]);
  });

  test("is one object that an app may write to [59]", async () => {
    const edge = await deploy({
      app: "export function processEvent(e, meta) { e.properties.before = meta.seen ?? 0; meta.seen = (meta.seen || 0) + 1; return e }",
    });
    await edge.send("e");
    expect((await edge.send("e"))?.properties).toMatchObject({ before: 1 });
  });

  test("is the last argument of every hook [62]", async () => {
    const edge = await deploy({
      app: `function note(hook, args) { console.log(hook, args.length, typeof args[args.length - 1].cache.get) }
        export function setupPlugin() { note('setupPlugin', arguments) }
        export function processEvent(e) { note('processEvent', arguments); return e }
        export function onEvent() { note('onEvent', arguments) }
        export function exportEvents() { note('exportEvents', arguments) }
        export function runEveryMinute() { note('runEveryMinute', arguments) }
        export function teardownPlugin() { note('teardownPlugin', arguments) }`,
    });
    await edge.send("e");
    await edge.tick();
    await edge.tearDown();
    expect(edge.messages()).toEqual([
      "setupPlugin 1 function",
      "processEvent 2 function",
      "onEvent 2 function",
      "exportEvents 2 function",
      "runEveryMinute 1 function",
      "teardownPlugin 1 function",
    ]);
  });
});
