import { execFile } from "node:child_process";
import { promisify } from "node:util";
import process from "node:process";
import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };

const root = new URL("../..", import.meta.url).pathname;

const commands = Object.entries(manifest.scripts).flatMap(([name, script]) => {
  const [, words] = /^node (.*\b(?:src\/commands|test)\/\S+\.ts)$/.exec(script) ?? [];
  return words === undefined ? [] : [[name, words.split(" ")] as const];
});

test.each(commands)("npm run %s loads and explains itself", async (name, words) => {
  const { stdout } = await promisify(execFile)(process.execPath, [...words, "--help"], { cwd: root });
  expect(stdout).toMatch(new RegExp(`^Usage: npm run ${name}`));
});

test("an option that npm took for its own is missed, not ignored", async () => {
  const called = promisify(execFile)(process.execPath, ["src/commands/logs/main.ts", "app", "warn"], {
    cwd: root,
    env: { ...process.env, npm_config_level: "true" },
  });
  await expect(called).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("npm took --level"),
  });
});
