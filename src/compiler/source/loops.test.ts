import { describe, expect, test } from "vitest";
import { runApp } from "../testing.ts";

/** Runs an app's exported `run`. The test's host allows 100,000 iterations a call, on a clock that stands still. */
async function run(source: string): Promise<unknown> {
  const { exports } = await runApp(source);
  return (exports as { run: () => unknown }).run();
}

describe("a loop that does not end is cut, with its place", () => {
  test.each([
    ["while with a body", "export function run() {\n  while (1) {}\n}", "2:3"],
    ["while with a statement", "export function run() {\n  let i = 0\n  while (true) i++;\n}", "3:3"],
    ["while without anything", "export const run = () => { while (1); }", "1:28"],
    ["do", "export function run() {\n  do {} while (true)\n}", "2:3"],
    ["for without a body", "export function run() {\n  for (let a = 0; ; a++);\n}", "2:3"],
    [
      "for … of something endless",
      "const all = { [Symbol.iterator]: () => ({ next: () => ({ done: false }) }) }\nexport function run() {\n  for (const x of all) ;\n}",
      "3:3",
    ],
    [
      "the inner of two, by what both count",
      "export function run() {\n  for (let a = 0; a < 1e6; a++)\n    for (let b = 0; b < 1e4; b++) ;\n}",
      "3:5",
    ],
    ["labelled", "export function run() {\n  outer: while (true) { continue outer }\n}", "2:10"],
    [
      "one that swallows what cuts another",
      "export function run() {\n  for (;;) try { while (1); } catch {}\n}",
      "2:3",
    ],
    [
      "one that swallows what cuts a function's",
      "const spin = () => { while (1); }\nexport function run() {\n  while (1) { try { spin() } finally { continue } }\n}",
      "3:3",
    ],
    ["as an if's only statement", "export function run() {\n  if (true) while (true);\n}", "2:13"],
  ])("%s", async (_kind, source, place) => {
    await expect(run(source)).rejects.toThrow(`timed out after looping for 30 seconds on line ${place}`);
  });

  test("in a promise's callback", async () => {
    const source = "export const run = () => Promise.resolve().then(() => { while (1) {} })";
    await expect(run(source)).rejects.toThrow("looping for 30 seconds");
  });

  test("while the module is loaded", async () => {
    await expect(runApp("while (true) {}")).rejects.toThrow("looping for 30 seconds on line 1:1");
  });
});

test.each([
  ["counts", "let n = 0; for (let i = 0; i < 5000; i++) n += i; return n", 12_497_500],
  [
    "leaves by break and continue with labels",
    "let n = 0; a: for (const x of [1, 2, 3]) { for (;;) { if (x === 2) continue a; n += x; break } } return n",
    4,
  ],
  [
    "closes over its variable",
    "const fs = []; for (let i = 0; i < 3; i++) fs.push(() => i); return fs.map((f) => f()).join()",
    "0,1,2",
  ],
  ["lets var out", "for (var i = 0; i < 3; i++); return i", 3],
  [
    "nests without braces",
    "let n = 0; for (const a of [1, 2]) for (const b of [3, 4]) if (a > 1) n += a * b; else n += 1; return n",
    16,
  ],
  ["stands in a switch", "switch (1) { case 1: for (const x of [7]) return x }", 7],
])("a guarded loop %s as before", async (_what, body, expected) => {
  expect(await run(`export function run() { ${body} }`)).toBe(expected);
});

test("each call counts for itself", async () => {
  const source =
    "const work = () => { for (let i = 0; i < 90_000; i++); }; export const run = () => { work(); work(); return 'done' }";
  expect(await run(source)).toBe("done");
});
