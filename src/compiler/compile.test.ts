import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CompileError, describeFault } from "./faults.ts";
import { createProject, type TestProject } from "./testing.ts";

const code = "export const processEvent = (event) => event";

async function generated(project: TestProject): Promise<Record<string, string>> {
  const directory = join(project.directory, "generated");
  const names = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(paths.map((path) => readFile(path, "utf8")));
  return Object.fromEntries(
    paths.map((path, index) => [path.slice(directory.length + 1), texts[index] ?? ""]),
  );
}

describe("the entry file", () => {
  const cases: [name: string, files: Record<string, string>, expected: string][] = [
    [
      "main wins over index.js",
      { "plugin.json": '{ "main": "src/a.js" }', "src/a.js": "A", "index.js": "B" },
      "A",
    ],
    ["index.js when main does not exist", { "plugin.json": '{ "main": "dist/a.js" }', "index.js": "B" }, "B"],
    ["index.js before index.ts", { "index.js": "B", "index.ts": "C" }, "B"],
    ["index.ts", { "index.ts": "C", "src/index.ts": "D" }, "C"],
    ["src/index.ts", { "src/index.ts": "D", "src/index.js": "E" }, "D"],
    ["src/index.js", { "src/index.js": "E", "src/plugin.ts": "F" }, "E"],
    ["src/plugin.ts", { "src/plugin.ts": "F" }, "F"],
  ];
  for (const [name, files, expected] of cases) {
    test(name, async () => {
      const texts = Object.entries(files).map(([path, text]) => [
        `plugins/app/${path}`,
        path === "plugin.json" ? text : `export const name = "${text}"`,
      ]);
      const project = await createProject(Object.fromEntries(texts));
      expect({ ...((await project.run("app")).exports as object) }).toEqual({ name: expected });
    });
  }

  test("that is named but missing is said", async () => {
    const project = await createProject({
      "plugins/app/plugin.json": '{ "main": "x.js" }',
      "plugins/app/index.ts": code,
    });
    const { warnings } = await project.compile();
    expect(warnings.map(describeFault)).toEqual([
      "plugins/app/plugin.json [app] main: there is no file x.js; taking index.ts",
    ]);
  });

  test("that is nowhere fails the build", async () => {
    const project = await createProject({ "plugins/app/plugin.json": "{}" });
    await expect(project.compile()).rejects.toThrow(
      "plugins/app [app] Could not find main file index.js or index.ts",
    );
  });

  test("is not needed beside code for PostHog's pages", async () => {
    const project = await createProject({ "plugins/app/site.ts": "export const inject = 1" });
    const app = await project.run("app");
    expect(app).toEqual({ exports: {}, defaultExport: undefined, moduleExports: {}, topLevel: {} });
  });
});

describe("faults", () => {
  test("of all apps come in one error, a line each, and nothing is written", async () => {
    const project = await createProject({
      "plugins/b/index.ts": "eval('1');\nimport './missing'\narguments.callee",
      "plugins/a/index.ts": "let x = ;",
      "plugins/c/plugin.json": '{\n  "name": 1,\n  "config": [{ "type": "choice" }]\n}',
      "plugins/c/index.ts": code,
      "plugins/fine/index.ts": code,
    });
    const error: unknown = await project.compile().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CompileError);
    expect((error as CompileError).message.split("\n")).toEqual([
      'plugins/a/index.ts:1:9 [a] Unexpected ";"',
      "plugins/b/index.ts:1:1 [b] Apps cannot use eval (Workers do not evaluate text as code; write the code out)",
      "plugins/b/index.ts:3:1 [b] Apps cannot use arguments.callee (give the function a name and call it by that)",
      "plugins/c/plugin.json:2:11 [c] name: Invalid input: expected string, received number",
      "plugins/c/plugin.json:3:14 [c] config.0.choices: a field of type choice needs a non-empty array of choices",
    ]);
    expect(await readdir(project.directory)).not.toContain("generated");
  });

  test("in plugin.json are told with line and column", async () => {
    const project = await createProject({
      "plugins/app/index.ts": code,
      "plugins/app/plugin.json": '{ broken: "plugin.json" -=- ',
    });
    await expect(project.compile()).rejects.toThrow("plugins/app/plugin.json:1:11 [app] Not JSON");
  });

  test("in a folder's name are told before the name is a key", async () => {
    const project = await createProject({ "plugins/my app/index.ts": code });
    await expect(project.compile()).rejects.toThrow(
      "plugins/my app [my app] The folder's name stands in keys",
    );
  });

  test("a secret choice is only remarked on", async () => {
    const config = '[{ "key": "a", "type": "choice", "choices": ["x"], "secret": true }]';
    const project = await createProject({
      "plugins/app/index.ts": code,
      "plugins/app/plugin.json": `{ "config": ${config}, }`,
    });
    const { warnings } = await project.compile();
    expect(warnings.map(({ message }) => message)).toEqual([
      "a: a choice cannot be secret; PostHog marked it as invalid",
    ]);
  });
});

test.each([
  ["export function processEvnt(event) { return event }", 1],
  ["export function setupPlugin() {}", 1],
  ["exports.processEvent = (event) => event", 0],
  ["var jobs = { later() {} }", 0],
  ["export * from './hooks'", 0],
])("an app in which no hook's name stands gets a warning: %s", async (index, count) => {
  const files = { "plugins/app/index.js": index, "plugins/app/hooks.js": "export function onEvent() {}" };
  const { warnings } = await (await createProject(files)).compile();
  expect(
    warnings.filter(({ message }) => message === "Names no hook that gets something to do"),
  ).toHaveLength(count);
});

describe("the output", () => {
  const files = {
    "plugins/a/index.ts":
      "import { createHash } from 'crypto'; implicit = Buffer.from('x'); export const processEvent = createHash",
    "plugins/b/index.ts": code,
    "plugins/notes.txt": "not an app",
    "plugins/.hidden/index.ts": "not an app either",
  };

  test("is the same for the same input, byte for byte", async () => {
    const [one, other] = [await createProject(files), await createProject(files)];
    await one.compile();
    await other.compile();
    expect(await generated(one)).toEqual(await generated(other));
  });

  test("holds no path of the machine", async () => {
    const project = await createProject(files);
    await project.compile();
    const texts = Object.values(await generated(project)).join("\n");
    expect(texts).not.toContain(project.directory);
  });

  test("that is right already is not touched, so that a watching bundler rests", async () => {
    const project = await createProject(files);
    const first = await project.compile();
    expect(first.changedFiles).toEqual([
      "apps.schema.json",
      "apps/a.js",
      "apps/b.js",
      "registry.d.ts",
      "registry.js",
    ]);
    const path = join(project.directory, "generated/registry.js");
    const before = (await stat(path, { bigint: true })).mtimeNs;
    expect((await project.compile()).changedFiles).toEqual([]);
    expect((await stat(path, { bigint: true })).mtimeNs).toBe(before);
  });

  test("follows a change: one app's module and the registry", async () => {
    const project = await createProject(files);
    const before = await project.compile();
    await project.write({ "plugins/b/index.ts": `${code}; export const more = 1` });
    const after = await project.compile();
    expect(after.changedFiles).toEqual(["apps/b.js", "registry.js"]);
    expect(after.apps[0]?.version).toBe(before.apps[0]?.version);
    expect(after.apps[1]?.version).not.toBe(before.apps[1]?.version);
  });

  test("loses the modules of apps that are gone, and keeps what is not the compiler's", async () => {
    const project = await createProject({ ...files, "generated/mine.txt": "", "generated/apps/gone.js": "" });
    const { changedFiles } = await project.compile();
    expect(changedFiles).toContain("apps/gone.js");
    expect(Object.keys(await generated(project))).toContain("mine.txt");
  });

  test("declares the apps to TypeScript and apps.json to editors", async () => {
    const project = await createProject(files);
    await project.compile();
    const texts = await generated(project);
    expect(texts["registry.d.ts"]).toContain("export declare const apps: readonly AppDefinition[];");
    const schema = JSON.parse(texts["apps.schema.json"] ?? "") as {
      properties: { apps: { items: { required: string[] } } };
    };
    expect(schema.properties.apps.items.required).toEqual(["plugin"]);
  });

  test("of an empty folder is an empty registry", async () => {
    const project = await createProject({});
    await mkdir(join(project.directory, "plugins"));
    expect((await project.load()).apps).toEqual([]);
  });
});
