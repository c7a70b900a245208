import { describe, expect, test } from "vitest";
import { type AppFolder, propertiesAfter } from "./deploy.ts";

/** What an expression is inside `processEvent` of an app whose file begins with `before`. */
async function evaluate(expression: string, before: string): Promise<unknown> {
  const app = `${before}\nexport async function processEvent(event, meta) { event.properties.result = ${expression}; return event }`;
  const properties = await propertiesAfter(app);
  expect(properties).toMatchObject({ $plugins_failed: [] });
  return properties?.["result"];
}

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
