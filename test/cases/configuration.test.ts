import { describe, expect, test } from "vitest";
import { type AppFolder, deploy, type DeployOptions, faultsOf, propertiesAfter } from "./deploy.ts";

const copyConfig = "export function processEvent(e, { config }) { e.properties = { config }; return e }";

/** The configuration that an app gets, by its manifest and what `apps.json` says. */
async function configOf(manifest: unknown, listing: object = {}, settings: DeployOptions["settings"] = {}) {
  const app = { "plugin.json": JSON.stringify(manifest), "index.js": copyConfig };
  return (await propertiesAfter(app, { listings: { app: listing }, settings }))?.["config"];
}

const field = (key: string, more: object = {}) => ({ key, name: key, type: "string", ...more });

describe("an app gets its configuration", () => {
  test("whole, with keys that the manifest does not name [77]", async () => {
    expect(await configOf({}, { config: { localhostIP: "94.224.212.175" } })).toEqual({
      localhostIP: "94.224.212.175",
    });
  });

  test("with secrets in clear, written down or by a setting's name [78, 79]", async () => {
    const manifest = {
      config: [field("secret", { secret: true }), field("env", { secret: true }), field("plain")],
    };
    const config = { secret: "super secret", env: { env: "OWN_KEY" }, plain: "look at me" };
    expect(await configOf(manifest, { config }, { OWN_KEY: "from a setting" })).toEqual({
      secret: "super secret",
      env: "from a setting",
      plain: "look at me",
    });
  });

  test("as text where it was written as text [84]", async () => {
    const config = { n: "5", b: "true", j: '{"a":1}', empty: "" };
    expect(await configOf({ config: [field("j", { type: "json" })] }, { config })).toEqual(config);
  });

  test("as the JSON that was written [85]", async () => {
    const config = { n: 5, b: true, o: { a: 1 }, l: [1, "a"], nothing: null };
    expect(await configOf({}, { config })).toEqual(config);
  });

  test("without a required field that is not set: the runtime never asked [86]", async () => {
    expect(await configOf({ config: [field("must", { required: true })] }, {})).toEqual({});
  });

  test("with the manifest's defaults under it", async () => {
    const manifest = {
      config: [
        field("a", { default: "A" }),
        field("b", { default: "B" }),
        field("empty", { default: "" }),
        field("none"),
        { key: "mode", type: "choice", choices: ["x", "y"], default: "y" },
        { key: "file", type: "attachment", default: "ignored" },
        { key: "map", type: "dictionary", default: { k: 1 } },
        { key: "n", type: "number", default: 0 },
        { key: "on", type: "boolean", default: false },
        { markdown: "only text" },
      ],
    };
    expect(await configOf(manifest, { config: { b: "own" } })).toEqual({
      a: "A",
      b: "own",
      empty: "",
      mode: "y",
      map: { k: 1 },
      n: 0,
      on: false,
    });
  });

  test("with the defaults of fields that come as an object", async () => {
    const manifest = {
      config: { b: { type: "string", default: "2", order: 2 }, a: { default: "1", order: 1 } },
    };
    expect(Object.entries((await configOf(manifest)) as object)).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
  });
});

describe("attachments", () => {
  const database = {
    "plugin.json": JSON.stringify({ config: [{ key: "maxmindMmdb", type: "attachment", name: "Database" }] }),
    "test.txt": "test",
  };
  const listings = { app: { attachments: { maxmindMmdb: "test.txt" } } };

  test("are there in setupPlugin, as Buffers [87]", async () => {
    const app = {
      ...database,
      "index.js": `export function setupPlugin({ attachments, global }) {
          const { contents, ...rest } = attachments.maxmindMmdb
          global.seen = { ...rest, text: contents.toString(), isBuffer: Buffer.isBuffer(contents), keys: Object.keys(attachments) }
        }
        export function processEvent(e, { global }) { e.properties.seen = global.seen; return e }`,
    };
    expect(await propertiesAfter(app, { listings })).toMatchObject({
      seen: {
        file_name: "test.txt",
        content_type: "text/plain",
        text: "test",
        isBuffer: true,
        keys: ["maxmindMmdb"],
      },
    });
  });

  test("are an empty object where there are none [88]", async () => {
    const app = {
      ...database,
      "index.js":
        "export const processEvent = (e, { attachments }) => (e.properties.seen = [attachments, attachments.maxmindMmdb], e)",
    };
    expect(await propertiesAfter(app)).toMatchObject({ seen: [{}, null] });
  });

  test("stand in an event as Node's JSON of a Buffer [89]", async () => {
    const app = {
      ...database,
      "index.js":
        "export const processEvent = (e, { attachments }) => (e.properties.seen = attachments.maxmindMmdb.contents, e)",
    };
    expect(await propertiesAfter(app, { listings })).toMatchObject({
      seen: { type: "Buffer", data: [...Buffer.from("test")] },
    });
  });

  test("are read as JSON configuration, as apps do [90]", async () => {
    const app = {
      "plugin.json": '{"config":[{"key":"rules","type":"attachment"}]}',
      "rules.json": '{"drop":["x"]}',
      "index.js": `export function setupPlugin({ attachments, global }) { global.rules = JSON.parse(Buffer.from(attachments.rules.contents.toString()).toString()) }
        export const processEvent = (e, { global }) => (global.rules.drop.includes(e.event) ? null : e)`,
    };
    const edge = await deploy({ app }, { listings: { app: { attachments: { rules: "rules.json" } } } });
    expect(await edge.send("x")).toBeUndefined();
    expect(await edge.send("y")).toBeDefined();
  });
});

describe("a manifest's fault is told with its place:", () => {
  const faulty = (manifest: string, listing: object = {}) => {
    const app: AppFolder = { "plugin.json": manifest, "index.js": copyConfig };
    return faultsOf({ app }, { listings: { app: listing } });
  };
  test.each<[string, string, string]>([
    ["no JSON", "{", "plugins/app/plugin.json:2:1 [app] Not JSON"],
    ["a list", "[]", "plugins/app/plugin.json:1:1 [app] Invalid input: expected object"],
    [
      "a name that is no text",
      '{\n  "name": 1\n}',
      "plugin.json:2:11 [app] name: Invalid input: expected string",
    ],
    [
      "a choice without choices",
      '{"config":[\n{"key":"a","type":"choice"}]}',
      "plugin.json:2:1 [app] config.0.choices: a field of type choice needs a non-empty array",
    ],
    [
      "an empty list of choices",
      '{"config":[\n{"key":"a","type":"choice","choices":[]}]}',
      "config.0.choices: a field of type choice needs a non-empty array",
    ],
    [
      "choices that are no texts",
      '{"config":[{"key":"a","type":"choice","choices":[1]}]}',
      "config.0.choices.0: Invalid input: expected string",
    ],
    [
      "configuration of a stateless app",
      '{"stateless": true,\n"config":[{"key":"a"}]}',
      "plugin.json:1:15 [app] stateless: Stateless plugins cannot have a config!",
    ],
    [
      "a condition without a field",
      '{"config":[{"key":"a","required_if":[[]]}]}',
      "config.0.required_if.0: Too small: expected array to have >=1 items",
    ],
    [
      "a range that is none",
      '{"posthogVersion":"some day"}',
      'plugin.json:1:19 [app] posthogVersion: Invalid PostHog semantic version requirement "some day"!',
    ],
    [
      "a range that ends before this gateway's profile",
      '{"posthogVersion":"< 1.25.0"}',
      'posthogVersion: Currently running PostHog version 1.43.1 does not match this plugin\'s semantic version requirement "< 1.25.0".',
    ],
    ["jobs that are no object", '{"publicJobs":[]}', "publicJobs: Invalid input: expected record"],
  ])("%s", async (_what, manifest, fault) => {
    expect(await faulty(manifest)).toContain(fault);
  });

  test("a value that is none of the choices is a fault of apps.json", async () => {
    const manifest = '{"config":[{"key":"mode","type":"choice","choices":["Yes","No"]}]}';
    expect(await faulty(manifest, { config: { mode: "Maybe" } })).toMatch(
      /^plugins\/apps\.json:1:\d+ \[app\] mode: "Maybe" is not one of "Yes", "No"$/,
    );
    expect(await faulty(manifest, { config: { mode: "No" } })).toBeUndefined();
  });

  test.each([
    ">= 1.25.0",
    "^1.30",
    "~1.43.0",
    "1.x || >=2",
    "1.25.0 - 1.50.0",
    " > = 1.25 ",
    ">=1.24.0 <2",
    "*",
    "",
  ])("a range that holds is none: %j", async (range) => {
    expect(await faulty(JSON.stringify({ posthogVersion: range }))).toBeUndefined();
  });

  test("what PostHog never looked at is none", async () => {
    const manifest = {
      name: "A",
      url: 5,
      order: "first",
      private: true,
      config: [{ key: "a", type: "secret text", order: null, hint: null, required: "true", secret: null }],
    };
    expect(await faulty(JSON.stringify({ ...manifest, url: "https://example.com" }))).toBeUndefined();
  });
});

test("an app's markers name it as its manifest does, or as its folder", async () => {
  const pass = "export const processEvent = (e) => e";
  const edge = await deploy({
    "a-folder": pass,
    other: { "plugin.json": '{"name":"Hello World"}', "index.js": pass },
  });
  expect((await edge.send("e"))?.properties["$plugins_succeeded"]).toEqual([
    "a-folder (1)",
    "Hello World (2)",
  ]);
});
