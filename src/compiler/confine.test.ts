import { describe, expect, test } from "vitest";
import { hardenBuiltIns } from "../apps/built-ins/harden.ts";
import { createProject, runApp } from "./testing.ts";

hardenBuiltIns();

/** Runs an app's exported `run`. */
async function run(source: string): Promise<unknown> {
  const { exports } = await runApp(source);
  return (exports as { run: () => unknown }).run();
}

describe("what an app changes of the built-ins, it sees, and nobody else:", () => {
  const cases: [what: string, source: string, expected: unknown][] = [
    [
      "a method for all texts",
      "String.prototype.shout = function () { return this.toUpperCase() + '!' }; export const run = () => ['a'.shout(), 'b'['shout'](), typeof ''.shout]",
      ["A!", "B!", "function"],
    ],
    [
      "a method in place of one that exists",
      "Array.prototype.map = function () { return 'mine' }; export const run = () => [[1].map((x) => x), new Map([[1, 2]]).get(1)]",
      ["mine", 2],
    ],
    [
      "a function",
      "Math.random = () => 4; Date.now = () => 5; export const run = () => [Math.random(), Date.now(), Math.max(1, 2)]",
      [4, 5, 2],
    ],
    ["JSON", "JSON.stringify = () => 'mine'; export const run = () => JSON.stringify({})", "mine"],
    [
      "a property with a getter",
      "Object.defineProperty(Array.prototype, 'last', { get() { return this[this.length - 1] } }); export const run = () => [1, 2].last",
      2,
    ],
    [
      "several at once",
      "Object.assign(String.prototype, { a() { return this + 'a' }, b: 1 }); export const run = () => ['x'.a(), 'x'.b]",
      ["xa", 1],
    ],
    [
      "what is missing only",
      "if (!Array.prototype.at) Array.prototype.at = () => 'mine'; Array.prototype.none ||= () => 'none'; Array.prototype.at ||= () => 1; export const run = () => [[7].at(0), [].none()]",
      [7, "none"],
    ],
    [
      "behind question marks",
      "Array.prototype.last = function () { return this[this.length - 1] }; export const run = () => { const none = undefined, o = { list: [[1]] }; return [none?.last(), none?.list.last().last(), o?.list.last().last(), o.list?.last()?.last(), none?.last] }",
      [undefined, undefined, 1, 1, undefined],
    ],
    [
      "not where an object has the name itself",
      "Object.prototype.size = 'changed'; export const run = () => [{ size: 1 }.size, new Set([1]).size, {}.size]",
      [1, 1, "changed"],
    ],
    [
      "a name that is computed, without effect",
      "for (const n of ['x']) Array.prototype[n] = 1; export const run = () => [].x",
      undefined,
    ],
    [
      "its own class of that name as usual",
      "class Date {}; Date.now = () => 'own'; export const run = () => Date.now()",
      "own",
    ],
  ];
  for (const [what, source, expected] of cases) {
    test(what, async () => {
      expect(await run(source)).toEqual(expected);
      expect([typeof [].map, "" in String.prototype, "size" in {}, "last" in []]).toEqual([
        "function",
        false,
        false,
        false,
      ]);
      expect(Math.random()).toBeLessThan(1);
    });
  }

  test("in all files of the app, and not in another app", async () => {
    const project = await createProject({
      "plugins/a/index.ts": "import './b'; export const run = () => 'x'.twice()",
      "plugins/a/b.ts": "String.prototype.twice = function () { return this + this }",
      "plugins/c/index.ts": "export const run = () => typeof 'x'.twice",
    });
    expect(((await project.run("a")).exports as { run: () => unknown }).run()).toBe("xx");
    expect(((await project.run("c")).exports as { run: () => unknown }).run()).toBe("undefined");
  });

  test("also for a package, whose polyfills never fail", async () => {
    const project = await createProject({
      "plugins/a/index.ts": "import colours from 'colours'; export const run = () => colours()",
      "node_modules/colours/index.js":
        "String.prototype.red = function () { return 'red ' + this }; globalThis.patched = 1; var define = Object.defineProperty; define(Array.prototype, 'later', { value: 1 }); module.exports = () => ['x'.red(), typeof globalThis.patched]",
    });
    const packageGlobal = Object.create(globalThis) as Record<string, unknown>;
    const { exports } = await project.run("a", { packageGlobal });
    expect((exports as { run: () => unknown }).run()).toEqual(["red x", "number"]);
    expect("patched" in globalThis).toBe(false);
  });
});
