import { execFile } from "node:child_process";
import { promisify } from "node:util";
import process from "node:process";
import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };

const root = new URL("../..", import.meta.url).pathname;

/** Scripts that start what there is, without options of their own. */
const WITHOUT_OPTIONS = new Set(["start:deno"]);

const commands = Object.entries(manifest.scripts).flatMap(([name, script]) => {
  const [, words] = /^node (.*\b(?:src\/commands|test)\/\S+\.ts)$/.exec(script) ?? [];
  return words === undefined || WITHOUT_OPTIONS.has(name) ? [] : [[name, words.split(" ")] as const];
});

test.each(commands)("npm run %s loads and explains itself", async (name, words) => {
  const { stdout } = await promisify(execFile)(process.execPath, [...words, "--help"], { cwd: root });
  expect(stdout).toMatch(new RegExp(`^Usage: npm run ${name}`));
});
