import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createProject } from "./testing.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

async function runCommand(
  directory: string,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [MAIN, ...args], { cwd: directory }, (error, stdout, stderr) =>
      done({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
  });
}

test("prints a line per app, and warnings apart", async () => {
  const project = await createProject({
    "node_modules/pad/index.js": "module.exports = 1",
    "plugins/a/index.ts": "import pad from 'pad'; export const x = pad",
    "plugins/a/plugin.json": '{ "name": "First" }',
    "plugins/b/index.ts": "export const jobs = {}",
    "plugins/b/plugin.json": '{ "config": [{ "key": "file", "type": "atachment" }] }',
    "plugins/apps.json": '{ "apps": [{ "plugin": "b", "enabled": false }] }',
  });
  const { code, stdout, stderr } = await runCommand(project.directory, "--out", "out");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^1\. b \(b\) disabled, \d+ KB\n2\. First \(a\) enabled, \d+ KB, packages pad\n$/);
  expect(stderr).toMatch(
    /^warning: plugins\/b\/plugin\.json:1:39 \[b\] config\.0\.type: "atachment" is no type of field, it is treated as text \(.*\)\n$/,
  );
});

test("exits with 1 and the faults when there are some", async () => {
  const project = await createProject({ "plugins/a/index.ts": "eval('1')" });
  const { code, stdout, stderr } = await runCommand(project.directory);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain("plugins/a/index.ts:1:1 [a] Apps cannot use eval");
});

test("says what is wrong when there is no folder of apps", async () => {
  const project = await createProject({});
  const { code, stderr } = await runCommand(project.directory, "--plugins", "nowhere");
  expect(code).toBe(1);
  expect(stderr).toContain("nowhere There is no such folder");
});

test("exits with 2 and its usage when it is called wrongly", async () => {
  const project = await createProject({});
  const { code, stderr } = await runCommand(project.directory, "--nonsense");
  expect(code).toBe(2);
  expect(stderr).toContain("Usage: node src/compiler/main.ts");
});

test("explains itself", async () => {
  const project = await createProject({});
  expect((await runCommand(project.directory, "--help")).stdout).toContain("Usage:");
});

test("checks how a finished bundle starts", async () => {
  const project = await createProject({
    "dist/good.js": "export default {}",
    "dist/bad.js": "export default Math.random()",
  });
  expect(await runCommand(project.directory, "--check-start-up", "dist/good.js")).toMatchObject({
    code: 0,
    stderr: "",
  });
  const { code, stderr } = await runCommand(project.directory, "--check-start-up", "dist/bad.js");
  expect(code).toBe(1);
  expect(stderr).toContain(`${join("dist", "bad.js")}:1:21 Uses Math.random at start-up`);
});
