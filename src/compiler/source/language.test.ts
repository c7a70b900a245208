import { describe, expect, test } from "vitest";
import { createProject, runApp } from "../testing.ts";

/** Evaluates an expression inside an exported function of an app. */
async function evaluate(expression: string, before = ""): Promise<unknown> {
  const app = await runApp(`${before}\nexport function run() { return ${expression} }`);
  return (app.exports as { run: () => unknown }).run();
}

async function faultsOf(source: string): Promise<string> {
  const project = await createProject({ "plugins/app/index.ts": source });
  return project.compile().then(
    () => "none",
    (error: Error) => error.message,
  );
}

describe("sloppy mode", () => {
  test("an assignment to an undeclared name makes a variable of the instance", async () => {
    expect(await evaluate("[set(), implicit]", "function set() { return implicit = 5 }")).toEqual([5, 5]);
  });

  test("undeclared loop variables, destructuring targets and counters work", async () => {
    const source =
      "export function run() { for (i = 0; i < 3; i++); for (k in { x: 1 }); [a, { b = 2 }] = [1, {}]; return [i, k, a, b] }";
    const app = await runApp(source);
    expect((app.exports as { run: () => unknown }).run()).toEqual([3, "x", 1, 2]);
  });

  test("an undeclared name that shadows a built-in starts as the built-in", async () => {
    expect(await evaluate("[before, Promise]", "const before = typeof Promise.resolve; Promise = 1")).toEqual(
      ["function", 1],
    );
  });

  test("an implicit global is one for all files of the app", async () => {
    const project = await createProject({
      "plugins/app/index.ts": "import './other'; export const run = () => shared",
      "plugins/app/other.ts": "shared = 'from other'",
    });
    const app = await project.run("app");
    expect((app.exports as { run: () => unknown }).run()).toBe("from other");
  });

  test("use strict at the top does no harm", async () => {
    expect(await evaluate("1", '"use strict";')).toBe(1);
  });

  test("a name that nothing defines fails only when it is reached", async () => {
    const app = await runApp("export function run() { return new Reader() }");
    expect((app.exports as { run: () => unknown }).run).toThrow(ReferenceError);
  });
});

describe("globals", () => {
  const types: [expression: string, type: string][] = [
    ["fetch", "function"],
    ["posthog", "object"],
    ["console", "object"],
    ["RetryError", "function"],
    ["URL", "function"],
    ["Buffer", "function"],
    ["global", "object"],
    ["globalThis", "object"],
    ["module", "object"],
    ["exports", "object"],
    ["Intl", "object"],
    ["WebAssembly", "object"],
    ["setTimeout", "undefined"],
    ["setInterval", "undefined"],
    ["setImmediate", "undefined"],
    ["clearTimeout", "undefined"],
    ["clearInterval", "undefined"],
    ["clearImmediate", "undefined"],
    ["queueMicrotask", "undefined"],
    ["process", "undefined"],
    ["navigator", "undefined"],
    ["require", "undefined"],
  ];
  for (const [name, type] of types) {
    test(`typeof ${name} is ${type}`, async () => {
      expect(await evaluate(`typeof ${name}`)).toBe(type);
    });
  }

  test("an app may use a hidden name for something of its own", async () => {
    expect(
      await evaluate("[process, require(1)]", "const process = 1; function require(x) { return x + 1 }"),
    ).toEqual([1, 2]);
  });

  test("global and globalThis are the instance's own", async () => {
    const global = Object.create(globalThis) as Record<string, unknown>;
    await runApp("global.a = 1; globalThis.b = 2; Function('return this')().c = 3", { global });
    expect({ ...global }).toEqual({ a: 1, b: 2, c: 3 });
  });
});

describe("an assignment to a constant", () => {
  const writes: [source: string][] = [
    ["fixed = effect()"],
    ["fixed += effect()"],
    ["[fixed] = [effect()]"],
    ["({ fixed } = { fixed: effect() })"],
    ["for (fixed of [effect()]);"],
    ["imported = effect()"],
  ];
  test.each(writes)("fails when it is reached, and not before: %s", async (source) => {
    const app = await runApp(
      `import imported from "crypto"; const fixed = 1; let effects = 0; const effect = () => (effects += 1, 2);
      export function run() { ${source} }\nexport const seen = () => [fixed, effects, typeof imported];`,
    );
    const { run, seen } = app.exports as { run: () => void; seen: () => unknown };
    expect(run).toThrow(new TypeError("Assignment to constant variable."));
    expect(seen()).toEqual([1, 1, "object"]);
  });

  test("does not concern variables of the same name", async () => {
    expect(await evaluate("(() => { let x = 1; x = 2; return x })()", "const x = 0;")).toBe(2);
  });
});

describe("TypeScript", () => {
  test("is read in .js files too", async () => {
    const project = await createProject({
      "plugins/app/index.js": "enum E { A = 'a' }\nexport const run = (x: number = 1): string => E.A + x!",
    });
    const app = await project.run("app");
    expect((app.exports as { run: () => unknown }).run()).toBe("a1");
  });

  test("types, and imports used as types alone, vanish", async () => {
    const app = await runApp(
      "import { Plugin, PluginEvent } from '@posthog/plugin-scaffold'; import { Thing } from 'not-installed'; import unused from 'kea';\nconst p: Plugin<Thing> = { processEvent: (e: PluginEvent) => e }; module.exports = p",
    );
    expect(Object.keys(app.moduleExports as object)).toEqual(["processEvent"]);
  });
});

describe("a function that awaits without being async is compiled as async", () => {
  const cases: [name: string, source: string][] = [
    ["a declaration", "export function run() { const x = (await one()); return x }"],
    ["an arrow function", "export const run = () => { return await one() }"],
    ["a method", "const o = { run() { return await one() } }; export const run = () => o.run()"],
    ["await with parentheses", "export function run() { return await (one()) }"],
    ["a loop that awaits", "export function run() { for await (const x of [one()]) return x }"],
    [
      "nested functions",
      "export function run() { return (() => { return await one() })().then((x) => { await 0; return x }) }",
    ],
  ];
  for (const [name, source] of cases) {
    test(name, async () => {
      const app = await runApp(`async function one() { return 1 }\n${source}`);
      const result = (app.exports as { run: () => unknown }).run();
      expect(result).toBeInstanceOf(Promise);
      expect(await result).toBe(1);
    });
  }

  test("and the compiler says so", async () => {
    const project = await createProject({
      "plugins/app/index.js": "\nexport function onEvent() { await 1 }",
    });
    const { warnings } = await project.compile();
    expect(warnings).toMatchObject([{ file: "plugins/app/index.js", line: 2, column: 8 }]);
  });
});

describe("refused with file, line and column in the author's file:", () => {
  const cases: [source: string, fault: string][] = [
    ["type A = {\n a: 1 }\nconst x: A = eval('1')", "plugins/app/index.ts:3:14 [app] Apps cannot use eval"],
    ["export const f =\n  new Function('a', 'return a')", "index.ts:2:3 [app] Apps cannot use new Function"],
    ["Function('x')()", "index.ts:1:1 [app] Apps cannot use new Function"],
    ["function f() {\n  return arguments.callee }", "index.ts:2:10 [app] Apps cannot use arguments.callee"],
    ["const a = 1;\nwith (a) { b }", "index.ts:2:1 [app] 'with' in strict mode"],
    ["\n\nconst x = await fetch('/')", "index.ts:3:11 [app] Apps cannot await at the top level"],
    ["function f() { await 1 }; eval('2')", "index.ts:1:27 [app] Apps cannot use eval"],
    ["const n = 'a';\nrequire(n)", "index.ts:2:1 [app] Apps cannot require a computed module"],
    ["const n = 'a';\nimport(n)", "index.ts:2:1 [app] Apps cannot import a computed module"],
    ["require.resolve('a')", "index.ts:1:1 [app] Apps have no members of require"],
    ["export const x = ;", 'index.ts:1:18 [app] Unexpected ";"'],
    ["export function f() {\n", "index.ts:2:1 [app] Unexpected end of file"],
    [
      "import { nothing } from './lib'; nothing()",
      'index.ts:1:10 [app] No matching export in "plugins/app/lib.ts"',
    ],
  ];
  for (const [source, fault] of cases) {
    test(JSON.stringify(source), async () => {
      const project = await createProject({
        "plugins/app/index.ts": source,
        "plugins/app/lib.ts": "export const x = 1",
      });
      await expect(project.compile()).rejects.toThrow(fault);
    });
  }
});

test("reading Function as a value is not refused", async () => {
  expect(await faultsOf("export const f = (x) => x instanceof Function && typeof eval")).toBe("none");
});
