import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { splitModule } from "./hand-over.ts";

test("both halves together are the module, and what it imports is there once", async () => {
  const directory = await mkdtemp(join(tmpdir(), "edgehog-hand-over-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const code = [
    'import { count } from "./counter.mjs";',
    'import * as all from "./counter.mjs";',
    'import { count as count2 } from "./counter.mjs";',
    'import step from "./counter.mjs";',
    "const held = { count2, of: { count2: count2 } };",
    "function twice() { return [count(), held.of.count2(), all.count(), step]; }",
    "export { twice as default_, step as size };",
    "",
  ].join("\n");
  const { taker, giver } = splitModule(code, "./taker.mjs");
  expect(taker).not.toMatch(/^import/m);
  expect(taker).toMatch(/^export const load = \(\{ count, all, step \}\)/);
  const files = {
    "counter.mjs": "let n = 0; export const count = () => ++n; export default 7;",
    "taker.mjs": taker,
    "giver.mjs": giver,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  const load = (name: string) => import(/* @vite-ignore */ pathToFileURL(join(directory, name)).href);
  const { default_, size } = await load("giver.mjs");
  const { count } = await load("counter.mjs");
  count();
  expect(default_()).toEqual([2, 3, 4, 7]);
  expect(size).toBe(7);
});
