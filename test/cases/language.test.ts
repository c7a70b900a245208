import { describe, expect, test } from "vitest";
import { type AppFolder, deploy, propertiesAfter } from "./deploy.ts";

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
    expect(keys).toEqual(["attachments", "cache", "config", "geoip", "global", "jobs", "storage", "utils"]);
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

describe("syntax that apps are written in runs:", () => {
  test.each<[string, string, string, unknown]>([
    [
      "enums",
      "[Plan.Free, Plan[1], Kind.A]",
      "enum Plan { Free, Paid }; const enum Kind { A = 'a' }",
      [0, "Paid", "a"],
    ],
    ["namespaces", "Maths.double(2)", "namespace Maths { export const double = (n: number) => n * 2 }", 4],
    [
      "generics and casts",
      "(id<number>(1) as unknown as number)!",
      "function id<T>(x: T): T { return x }",
      1,
    ],
    ["overloads", "pick('a')", "function pick(x: string): string; function pick(x: any) { return x }", "a"],
    [
      "interfaces that merge",
      "1",
      "interface A { a: 1 } interface A { b: 2 }\ndeclare global { interface Window {} }",
      1,
    ],
    ["parameter properties", "new P(1).x", "class P { constructor(public readonly x: number) {} }", 1],
    [
      "abstract and private members",
      "new B().run()",
      "abstract class A { protected abstract run(): number } class B extends A { #n = 2; run() { return this.#n } }",
      2,
    ],
    [
      "satisfies, tuples and unions",
      "t[0]",
      "const t = [1, 'a'] as const satisfies readonly [number, string]",
      1,
    ],
    [
      "type guards and predicates",
      "isText('x')",
      "const isText = (x: unknown): x is string => typeof x === 'string'",
      true,
    ],
    ["declare const", "typeof posthog", "declare const posthog: any", "object"],
    ["optional chaining", "[event.none?.a?.[0]?.(), event.none ?? 1]", "", [null, 1]],
    ["logical assignment", "(() => { let a; a ??= 1; a ||= 2; a &&= 3; return a })()", "", 3],
    [
      "async generators",
      "await (async () => { const all = []; for await (const x of g()) all.push(x); return all })()",
      "async function* g() { yield 1; yield 2 }",
      [1, 2],
    ],
    [
      "labels",
      "(() => { outer: for (const a of [1, 2]) { for (;;) { if (a === 1) continue outer; break outer } } return 'out' })()",
      "",
      "out",
    ],
    [
      "getters and setters",
      "o.x",
      "const o = { v: 1, get x() { return this.v }, set x(v) { this.v = v } }",
      1,
    ],
    ["static blocks", "S.x", "class S { static x; static { S.x = 1 } }", 1],
    ["tagged templates", "tag`a${1}b`", "const tag = (parts, ...values) => parts.join('|') + values", "a|b1"],
    ["big integers", "String(2n ** 64n)", "", "18446744073709551616"],
    ["numeric separators", "1_000", "", 1000],
    [
      "regular expressions of all kinds",
      "'2026-01'.match(/(?<y>\\d{4})-(?<m>\\d\\d)/u).groups.y",
      "",
      "2026",
    ],
    ["names in any script", "größe + ταυ + 变量", "const größe = 1, ταυ = 2, 变量 = 3", 6],
    [
      "switch, do and comma",
      "(() => { let n = 0; do { switch (n) { case 0: n++; break; default: n += 2 } } while (n < 3); return n })()",
      "",
      3,
    ],
    ["a catch without a name", "(() => { try { throw 1 } catch { return 2 } finally { 3 } })()", "", 2],
    [
      "closures over loop variables",
      "[0, 1].map((n) => fs[n]())",
      "const fs = []; for (let i = 0; i < 2; i++) fs.push(() => i)",
      [0, 1],
    ],
    ["getters of the date", "new Date(0).toISOString()", "", "1970-01-01T00:00:00.000Z"],
    [
      "spread and rest",
      "f(...[1, 2, 3])",
      "const f = (a, ...rest) => ({ a, ...{ rest } })",
      { a: 1, rest: [2, 3] },
    ],
    [
      "decorators",
      "new D().x()",
      "const twice = (f: any, _context: any) => function (this: any) { return f.call(this) * 2 }; class D { @twice x() { return 2 } }",
      4,
    ],
    ["eval's name in comments and texts", "'eval(1)'.length /* eval(1) */ // new Function('x')\n", "", 7],
    [
      "function declarations in blocks",
      "(() => { if (true) { function inner() { return 1 } return inner() } })()",
      "",
      1,
    ],
    [
      "hoisted functions and vars",
      "early()",
      "const x = early(); function early() { return typeof late } var late = 1",
      "number",
    ],
    ["Intl", "new Intl.NumberFormat('en-US').format(1234.5)", "", "1,234.5"],
  ])("%s", async (_what, expression, before, expected) => {
    expect(await evaluate(expression, before)).toEqual(expected);
  });

  const marks = "export function processEvent(event) { event.properties.line = 'a\\r\\nb'; return event }";
  test.each<[string, AppFolder]>([
    ["a byte order mark", `\uFEFF${marks}`],
    ["Windows line ends", `const a = 1\r\n// comment\r\n${marks}\r\n`],
    ["a hashbang", `#!/usr/bin/env node\n${marks}`],
    ["use strict", `"use strict"\n${marks}`],
    [
      "a licence and comments of code",
      `/* @license function processEvent() { while (true) {} } */\n// require(x)\n${marks}`,
    ],
    ["a source map's address", `${marks}\n//# sourceMappingURL=index.js.map`],
    ["a licence longer than most apps", `/*${"x".repeat(300_000)}*/\n${marks}`],
    [
      "a table of ten thousand lines",
      `const table = {\n${Array.from({ length: 10_000 }, (_, n) => `k${n}: ${n},`).join("\n")}\n}\n${marks}`,
    ],
    ["a plugin.json with a byte order mark", { "plugin.json": '\uFEFF{"name": "App"}', "index.js": marks }],
    ["JSX's suffix without JSX", { "plugin.json": '{"main":"index.tsx"}', "index.tsx": marks }],
    [
      "ES module and CommonJS suffixes",
      {
        "plugin.json": '{"main":"a.mjs"}',
        "a.mjs": `import './b.cjs'\n${marks}`,
        "b.cjs": "module.exports = 1",
      },
    ],
  ])("in a file with %s", async (_what, app) => {
    const properties = await propertiesAfter(app);
    expect(properties).toMatchObject({ line: "a\r\nb", $plugins_failed: [] });
  });
});
