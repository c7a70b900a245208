import { describe, expect, test } from "vitest";
import type { AppExports } from "../../apps/definition.ts";
import { runApp } from "../testing.ts";

/** What an app's processEvent makes of an empty event, found in one of the places where hooks are looked up. */
function call(found: unknown): unknown {
  const hooks = found as { processEvent?: (event: object) => unknown };
  const { processEvent } = hooks;
  return processEvent?.({});
}

const f = "function f(e) { e.k = 1; return e }\n";

describe("hooks are found in", () => {
  const cases: [name: string, source: string, place: keyof AppExports][] = [
    ["exported functions", "export function processEvent(e) { e.k = 1; return e }", "exports"],
    ["exported constants", "export const processEvent = (e) => ({ k: 1 })", "exports"],
    ["renamed exports", `${f}export { f as processEvent }`, "exports"],
    ["exports.x", `${f}exports.processEvent = f`, "exports"],
    ["exports = {…}", `${f}exports = { processEvent: f }`, "exports"],
    ["an object as default export", `${f}export default { processEvent: f }`, "defaultExport"],
    ["exports.default", `${f}exports.default = { processEvent: f }`, "defaultExport"],
    ["module.exports = {…}", `${f}module.exports = { processEvent: f }`, "moduleExports"],
    ["module.exports.x", `${f}module.exports.processEvent = f`, "moduleExports"],
    ["TypeScript's export =", `${f}export = { processEvent: f }`, "moduleExports"],
    [
      "a class instance",
      "class P { processEvent(e) { return { k: 1 } } } module.exports = new P()",
      "moduleExports",
    ],
    ["top-level functions", "function processEvent(e) { e.k = 1; return e }", "topLevel"],
    ["top-level var", "var processEvent = function (e) { return { k: 1 } }", "topLevel"],
    ["undeclared top-level functions", "processEvent = (e) => ({ k: 1 })", "topLevel"],
  ];
  for (const [name, source, place] of cases) {
    test(name, async () => {
      const app = await runApp(source);
      expect(call(app[place])).toEqual({ k: 1 });
    });
  }
});

test("const, let and class at the top level stay invisible", async () => {
  const app = await runApp("const processEvent = (e) => e; let onEvent = () => 1; class runEveryDay {}");
  expect(app).toEqual({ exports: {}, defaultExport: undefined, moduleExports: {}, topLevel: {} });
});

test("exports and module.exports are two objects", async () => {
  const app = await runApp("exports.jobs = { a: 'A' }; module.exports.jobs = { a: 'A2', b: 'B' }");
  expect(app.exports).toEqual({ jobs: { a: "A" } });
  expect(app.moduleExports).toEqual({ jobs: { a: "A2", b: "B" } });
});

test("ES exports and assignments to exports are one object", async () => {
  const app = await runApp("export const a = 1; exports.b = 2; module.exports.c = 3");
  expect({ ...(app.exports as object) }).toEqual({ a: 1, b: 2 });
  expect(app.moduleExports).toEqual({ c: 3 });
});

test("a function as default export is handed over for what it is", async () => {
  const app = await runApp("export default function processEvent(e) { return e }");
  expect(app.defaultExport).toBeTypeOf("function");
});

test("an exported binding is live", async () => {
  const app = await runApp("export let n = 0; export function setupPlugin() { n = 1 }");
  const exports = app.exports as { n: number; setupPlugin: () => void };
  exports.setupPlugin();
  expect(exports.n).toBe(1);
});

test("an empty file is an app without hooks", async () => {
  expect(await runApp("")).toEqual({
    exports: {},
    defaultExport: undefined,
    moduleExports: {},
    topLevel: {},
  });
});

test("what the top level throws comes out of createApp", async () => {
  await expect(runApp("throw new Error('top')")).rejects.toThrow("top");
});

test("each instance has its own module state", async () => {
  const source = "let n = 0; export function processEvent(e) { return ++n }";
  const [one, other] = await Promise.all([runApp(source), runApp(source)]);
  expect([call(one.exports), call(one.exports), call(other.exports)]).toEqual([1, 2, 1]);
});
