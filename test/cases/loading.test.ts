import { describe, expect, test } from "vitest";
import { type AppFolder, deploy, faultsOf, propertiesAfter } from "./deploy.ts";

const setting = (name: string) => `export function processEvent(e) { e.properties.${name} = 1; return e }`;

describe("an app's entry file is", () => {
  test.each<[string, AppFolder, string]>([
    [
      "index.js, without plugin.json and without an export [1]",
      "function processEvent(e) { e.properties.a = 1; return e }",
      "a",
    ],
    [
      "the file that main names [2]",
      { "plugin.json": '{"main":"src/a.js"}', "src/a.js": setting("a"), "index.js": setting("b") },
      "a",
    ],
    [
      "index.js where main names nothing that exists [3]",
      { "plugin.json": '{"main":"dist/index.js"}', "index.js": setting("a") },
      "a",
    ],
    [
      "index.js before index.ts [4]",
      { "index.js": setting("a"), "index.ts": setting("b"), "src/index.ts": setting("b") },
      "a",
    ],
    ["index.ts [4]", { "index.ts": setting("a"), "src/index.ts": setting("b") }, "a"],
    ["src/index.ts [5]", { "src/index.ts": setting("a"), "src/index.js": setting("b") }, "a"],
    ["src/index.js [5]", { "src/index.js": setting("a"), "src/plugin.ts": setting("b") }, "a"],
    ["src/plugin.ts [5]", { "src/plugin.ts": setting("a") }, "a"],
  ])("%s", async (_where, app, name) => {
    const properties = await propertiesAfter(app);
    expect(properties).toMatchObject({ [name]: 1, $plugins_succeeded: ["app (1)"] });
    expect(properties).not.toHaveProperty("b");
  });
});

describe("a build is refused, with the place,", () => {
  test.each<[string, AppFolder, string]>([
    [
      "for an app without code [6]",
      { "plugin.json": "{}" },
      "plugins/app [app] Could not find main file index.js or index.ts",
    ],
    [
      "for a plugin.json that is no JSON [8]",
      { "plugin.json": '{ broken: "plugin.json" -=- ', "index.js": setting("a") },
      "plugins/app/plugin.json:1:11 [app] Not JSON",
    ],
    [
      "for an endless loop at the top level's syntax: none, but for a missing brace",
      "export function processEvent(e) {\n  return e\n",
      "plugins/app/index.js:3:1 [app] Unexpected end of file",
    ],
    [
      "for top-level await",
      "const a = 1\nawait fetch('/')",
      "index.js:2:1 [app] Apps cannot await at the top",
    ],
  ])("%s", async (_why, app, fault) => {
    expect(await faultsOf({ app })).toContain(fault);
  });
});

describe("of what an app's module has, the gateway takes", () => {
  test("the hooks it knows, and no other function [20, 22]", async () => {
    const edge = await deploy({
      app: "function setupPlugin() {} function onSnapshot() {} function processEvent(e) { return e } function randomFunction() {}",
    });
    expect((await edge.send("e"))?.properties).toMatchObject({
      $plugins_succeeded: ["app (1)"],
      $plugins_deferred: ["app (1)"],
    });
    expect(await edge.run("app", { task: "randomFunction" })).toBe(404);
  });

  test("tasks and jobs beside the hooks [21]", async () => {
    const edge = await deploy({
      app: {
        "plugin.json": JSON.stringify({ publicJobs: { x: {}, missing: {} } }),
        "index.js": `export const processEvent = (e) => e
          export const onEvent = () => {}
          export const randomFunction = () => {}
          export const runEveryHour = () => console.log('hourly')
          export const runEveryFortnight = () => console.log('never')
          export const jobs = { x: () => console.log('x') }`,
      },
    });
    expect(await edge.run("app", { task: "runEveryHour" })).toBe(202);
    expect(await edge.run("app", { task: "runEveryFortnight" })).toBe(404);
    expect(await edge.run("app", { task: "runEveryMinute" })).toBe(404);
    expect(await edge.run("app", { job: "x" })).toBe(202);
    expect(edge.messages()).toEqual(["hourly", "x"]);
  });

  test.each<[string, AppFolder]>([
    ["nothing from an empty file [24]", ""],
    ["nothing from comments alone [24]", "// export function processEvent(e) { return null }\n/* nothing */"],
    ["nothing from code for PostHog's pages [7]", { "site.ts": "export function inject() {}" }],
    ["nothing from unknown exports", "export const a = 1; export function filterEvent() { return false }"],
    [
      "nothing that is no function",
      "export const processEvent = { call() {} }; export const onEvent = 'text'",
    ],
  ])("%s, and events pass without markers", async (_what, app) => {
    expect(await propertiesAfter(app)).toEqual({ $ip: "127.0.0.1" });
  });
});

describe("an app whose module", () => {
  test("throws at the top is disabled with a log entry, and events pass [60]", async () => {
    const edge = await deploy({ app: "throw new Error('top'); function processEvent() {}" });
    expect((await edge.send("e"))?.properties).toEqual({ $ip: "127.0.0.1" });
    expect(edge.messages().join("\n")).toContain("Plugin failed to load: Error: top. Disabled the app!");
  });

  test("does not end is cut, and the gateway goes on [61]", async () => {
    const edge = await deploy(
      { endless: "while (true) {}", next: setting("reached") },
      { settings: { LOOP_LIMIT: "100000" } },
    );
    expect((await edge.send("e"))?.properties).toMatchObject({
      reached: 1,
      $plugins_succeeded: ["next (2)"],
      $plugins_failed: [],
    });
    expect(edge.messages("endless").join("\n")).toMatch(
      /Script execution timed out after looping .* on line 1:1/,
    );
  });
});

test("an app runs for the projects that it is listed for, and for no other [25, 188]", async () => {
  const edge = await deploy(
    { all: setting("all"), one: setting("one") },
    {
      settings: { PROJECT_TOKENS: "phc_test,phc_other" },
      listings: { one: { projects: ["phc_other"] } },
    },
  );
  expect((await edge.send("e"))?.properties).not.toHaveProperty("one");
  expect((await edge.send("e", { api_key: "phc_other" }))?.properties).toMatchObject({ all: 1, one: 1 });
});
