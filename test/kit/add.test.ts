import { execFile } from "node:child_process";
import { readdir, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addApp } from "../../src/commands/kit/add-app.ts";
import { type Checkout, createCheckout } from "./checkout.ts";

let checkout: Checkout;
beforeEach(async () => {
  checkout = await createCheckout();
});
afterEach(() => checkout.remove());

const PLAIN = {
  "theirs/plain/index.js": "function processEvent(event) {\n  return event }\n",
  "theirs/plain/LICENSE": "MIT",
};

const home = () => join(checkout.directory, "..");

/** Everything that `add` may touch. */
async function state(): Promise<unknown> {
  const files = ["plugins/apps.json", ".oxfmtrc.json", ".oxlintrc.json", "tsconfig.json"];
  return {
    texts: await Promise.all(files.map((file) => checkout.read(file))),
    top: await readdir(checkout.directory),
    plugins: await readdir(join(checkout.directory, "plugins")),
  };
}

async function makeRepository(files: Readonly<Record<string, string>>, branch = "main"): Promise<string> {
  await checkout.write(
    Object.fromEntries(Object.entries(files).map(([path, text]) => [`work/${path}`, text])),
  );
  const work = join(home(), "work");
  const git = (...args: string[]) =>
    promisify(execFile)("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", "-C", work, ...args]);
  await git("init", "--quiet", "--initial-branch", branch);
  await git("add", "--all", "--force");
  await git("commit", "--quiet", "--message", "all");
  const bare = join(home(), "their-apps.git");
  await git("clone", "--quiet", "--bare", work, bare);
  await rm(work, { recursive: true });
  return bare;
}

describe("a folder", () => {
  test("is copied as it is, listed, and left alone by the checks", async () => {
    await checkout.write({
      ...PLAIN,
      "theirs/plain/node_modules/x/index.js": "x",
      "theirs/plain/.git/HEAD": "x",
      "theirs/plain/yarn.lock": "x",
      "theirs/plain/src/helper.ts": "export const  a = 1",
    });
    await symlink("/etc/hostname", join(home(), "theirs/plain/link"));
    const outcome = await checkout.run("add", "theirs/plain");
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(outcome.stdout).toContain("Hooks: processEvent.");
    expect(outcome.stdout).toContain("enabled, last in the chain");
    expect(outcome.stdout).toContain("npm run remove plain");
    const folder = join(checkout.directory, "plugins/plain");
    expect((await readdir(folder, { recursive: true })).toSorted()).toEqual([
      "LICENSE",
      "index.js",
      "src",
      "src/helper.ts",
    ]);
    expect(await checkout.read("plugins/plain/index.js")).toBe(PLAIN["theirs/plain/index.js"]);
    expect(await checkout.read("plugins/apps.json")).toContain('{ "plugin": "plain" }\n  ]');
    expect(await checkout.tool("oxfmt", "--check", "--config", ".oxfmtrc.json", ".")).toMatchObject({
      code: 0,
    });
    expect(await checkout.tool("oxlint", "--deny-warnings", "plugins")).toMatchObject({ code: 0 });
  });

  test("is disabled until its configuration is there, which is explained key by key", async () => {
    await checkout.write({
      "theirs/exporter/index.ts":
        "export async function exportEvents(events: unknown[], { config }) {}\nexport const jobs = { retry() {} }",
      "theirs/exporter/plugin.json": JSON.stringify({
        name: "Their exporter",
        config: [
          { markdown: "Words" },
          { key: "url", type: "string", required: true },
          { key: "apiKey", type: "string", required: true, secret: true },
          { key: "region", type: "choice", choices: ["eu", "us"], required: true },
          { key: "size", type: "string", default: "10" },
          { key: "key", type: "attachment", required: true },
        ],
      }),
    });
    const { code, stdout } = await checkout.run("add", "theirs/exporter", "--as", "their-exporter");
    expect(code).toBe(0);
    expect(stdout).toContain("Added Their exporter: 2 files in plugins/their-exporter, without a licence");
    expect(stdout).toContain("Hooks: exportEvents, jobs.retry.");
    expect(stdout).toContain("disabled: fill in url, apiKey, region, key in plugins/apps.json");
    expect(stdout).toMatch(/^url +string +required/m);
    expect(stdout).toMatch(/^apiKey .*npx wrangler secret put THEIR_EXPORTER_API_KEY$/m);
    expect(stdout).toMatch(/^region +eu \| us +required/m);
    expect(stdout).toMatch(/^size +string +"10"$/m);
    expect(stdout).toMatch(/^key +attachment .*<a file in plugins\/their-exporter>/m);
    const { apps } = JSON.parse(await checkout.read("plugins/apps.json")) as { apps: unknown[] };
    expect(apps.at(-1)).toEqual({
      plugin: "their-exporter",
      enabled: false,
      config: { url: "", apiKey: { env: "THEIR_EXPORTER_API_KEY" }, region: "eu" },
    });
    expect(await checkout.tool("node", "src/compiler/main.ts")).toMatchObject({ code: 0 });
  });

  test("that is there already is refused; --replace keeps its configuration, and remove undoes all", async () => {
    const before = await state();
    await checkout.write(PLAIN);
    await checkout.run("add", "theirs/plain");
    const added = await checkout.read("plugins/apps.json");
    await checkout.write({ "theirs/plain/index.js": "export const onEvent = () => {}" });
    const refused = await checkout.run("add", "theirs/plain");
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("--replace");

    const replaced = await checkout.run("add", "theirs/plain", "--replace");
    expect(replaced).toMatchObject({ code: 0, stderr: "" });
    expect(replaced.stdout).toContain("Hooks: onEvent.");
    expect(await checkout.read("plugins/apps.json")).toBe(added);

    expect(await checkout.run("remove", "plain")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("say --yes"),
    });
    expect(await checkout.run("remove", "plain", "--yes")).toMatchObject({ code: 0, stderr: "" });
    expect(await state()).toEqual(before);
  });
});

describe("nothing is left behind", () => {
  test.each<[string, Record<string, string>, string[]]>([
    [
      "of an app with faults, which are told with their places",
      { "theirs/a/index.js": "export const x = eval('1')" },
      ["It does not compile", "plugins/a/index.js:1:18 [a] Apps cannot use eval"],
    ],
    [
      "of an app that needs packages, which are named with the versions it asks for",
      {
        "theirs/a/index.js":
          "import left from 'left-shoe'; import r from '@scope/right/lib'; export const x = [left, r]",
        "theirs/a/package.json": '{"dependencies": {"left-shoe": "^1.2.0"}}',
      },
      ["npm install -E @scope/right 'left-shoe@^1.2.0'"],
    ],
    [
      "of an app that needs a heavy client, whose runtimes are named",
      { "theirs/a/index.js": "import { Storage } from '@google-cloud/storage'; export const x = Storage" },
      ["@google-cloud/storage (runs on Node, Deno)", "npm install -E @google-cloud/storage@"],
    ],
    [
      "of an app that cannot be loaded",
      { "theirs/a/index.js": "throw new Error('no way')" },
      ["cannot be loaded: no way"],
    ],
    [
      "of a folder without an app, whose apps are named",
      {
        "theirs/a/README.md": "x",
        "theirs/a/apps/one/plugin.json": "{}",
        "theirs/a/apps/two/plugin.json": "{}",
      },
      ["npm run add theirs/a/apps/one", "npm run add theirs/a/apps/two"],
    ],
    ["of a folder with nothing", { "theirs/a/README.md": "x" }, ["this is no app"]],
  ])("%s", async (_what, files, messages) => {
    const before = await state();
    await checkout.write(files);
    const { code, stdout, stderr } = await checkout.run("add", "theirs/a");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    for (const message of messages) expect(stderr).toContain(message);
    expect(await state()).toEqual(before);
  });

  test.each([
    ["./nowhere", "there is no folder"],
    ["a b", "is no source: give a folder"],
    ["file:///nowhere/at/all.git", "could not be fetched"],
  ])("of %s, which is not there", async (source, message) => {
    const before = await state();
    const { code, stderr } = await checkout.run("add", source);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(await state()).toEqual(before);
  });
});

test("nothing is left behind of a work that was stopped", async () => {
  const before = await state();
  await checkout.write(PLAIN);
  const adding = addApp({
    root: checkout.directory,
    source: "theirs/plain",
    workingDirectory: home(),
    replace: false,
    signal: AbortSignal.abort(new Error("stopped")),
  });
  await expect(adding).rejects.toThrow("stopped");
  expect(await state()).toEqual(before);
});

describe("a git repository", () => {
  test("is added by its path or its file address, without its history", async () => {
    const bare = await makeRepository({ "index.js": "export const onEvent = () => {}", "plugin.json": "{}" });
    expect(await checkout.run("add", bare)).toMatchObject({ code: 0, stderr: "" });
    expect(await readdir(join(checkout.directory, "plugins/their-apps"))).toEqual([
      "index.js",
      "plugin.json",
    ]);
    expect(await checkout.run("add", `file://${bare}`, "--as", "again")).toMatchObject({ code: 0 });
  });

  test("of many apps says which, and takes a branch, a folder, or both", async () => {
    const bare = await makeRepository(
      {
        "apps/one/plugin.json": "{}",
        "apps/one/index.js": "export const onEvent = () => {}",
        "apps/two/plugin.json": "{}",
        "apps/two/index.js": "",
      },
      "trunk",
    );
    const { code, stderr } = await checkout.run("add", `file://${bare}`);
    expect(code).toBe(1);
    expect(stderr).toContain(`npm run add 'file://${bare}#apps/one'`);
    expect(await checkout.run("add", `file://${bare}#apps/one`)).toMatchObject({ code: 0 });
    expect(await checkout.run("add", `${bare}#trunk:apps/two`)).toMatchObject({ code: 0 });
    expect((await stat(join(checkout.directory, "plugins/two/index.js"))).isFile()).toBe(true);
    const unknown = await checkout.run("add", `file://${bare}#nope`);
    expect(unknown.stderr).toContain("neither a branch nor a folder nope");
  });
});
