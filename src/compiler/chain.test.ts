import { describe, expect, test } from "vitest";
import { describeFault } from "./faults.ts";
import { createProject } from "./testing.ts";

const code = "export const processEvent = (event) => event";

const manifest = JSON.stringify({
  name: "Sender",
  config: [
    { markdown: "Hello" },
    { key: "apiKey", type: "string", required: true, secret: true },
    { key: "region", type: "choice", choices: ["eu", "us"], default: "eu" },
    { key: "retries", default: 3 },
    { key: "certificate", type: "attachment" },
  ],
});

/** A project with the apps `a`, `b` and `sender`, which has to be configured. */
function createTrio(appsFile?: unknown) {
  return createProject({
    "plugins/a/index.ts": code,
    "plugins/b/index.ts": code,
    "plugins/sender/index.ts": code,
    "plugins/sender/plugin.json": manifest,
    "plugins/sender/ca.pem": "certificate",
    ...(appsFile === undefined
      ? {}
      : { "plugins/apps.json": typeof appsFile === "string" ? appsFile : JSON.stringify(appsFile, null, 2) }),
  });
}

describe("the chain", () => {
  test("without apps.json is all folders in alphabetical order, enabled if they need no configuration", async () => {
    const project = await createTrio();
    const { apps, warnings } = await project.compile();
    expect(apps.map(({ id, plugin, enabled }) => [id, plugin, enabled])).toEqual([
      [1, "a", true],
      [2, "b", true],
      [3, "sender", false],
    ]);
    expect(warnings.map(describeFault)).toEqual([
      "plugins/apps.json [sender] Not listed, and disabled because it needs apiKey",
    ]);
  });

  test("follows the listing, then come folders that are not listed", async () => {
    const project = await createTrio({
      $schema: "../src/generated/apps.schema.json",
      apps: [
        { plugin: "sender", config: { apiKey: "k" } },
        { plugin: "b", enabled: false, sequential: true, whilePending: "refuse" },
      ],
    });
    const { apps, warnings } = await project.compile();
    expect(apps.map(({ id, name, plugin, enabled }) => [id, name, plugin, enabled])).toEqual([
      [1, "Sender", "sender", true],
      [2, "b", "b", false],
      [3, "a", "a", true],
    ]);
    expect(apps.map(({ sequential, whilePending }) => [sequential, whilePending])).toEqual([
      [false, "skip"],
      [true, "refuse"],
      [false, "skip"],
    ]);
    expect(warnings).toEqual([]);
  });

  test("may hold a folder several times, for different projects", async () => {
    const project = await createTrio({
      apps: [
        { plugin: "a", projects: ["phc_1"] },
        { plugin: "a", projects: ["phc_2"], config: { x: 1 } },
        { plugin: "a", enabled: false },
      ],
    });
    const { apps } = await project.compile();
    expect(apps.slice(0, 3).map(({ projects }) => projects)).toEqual([["phc_1"], ["phc_2"], undefined]);
    expect(apps[0]?.version).not.toBe(apps[1]?.version);
    expect(apps[0]?.version).toBe(apps[2]?.version);
  });

  test("reads apps.json with comments and trailing commas", async () => {
    const project = await createTrio('// which apps run\n{ "apps": [ { "plugin": "b", }, ], }');
    const { apps } = await project.compile();
    expect(apps[0]?.plugin).toBe("b");
  });
});

describe("configuration", () => {
  test("is the manifest's defaults under what is configured; other keys reach the app", async () => {
    const project = await createTrio({
      apps: [
        { plugin: "sender", config: { apiKey: { env: "SENDER_KEY" }, region: "us", extra: { deep: [1] } } },
      ],
    });
    const { apps } = await project.load();
    expect(apps[0]?.config).toEqual({
      apiKey: { env: "SENDER_KEY" },
      region: "us",
      retries: 3,
      extra: { deep: [1] },
    });
  });

  test("that lacks a required value is said, but the app runs", async () => {
    const project = await createTrio({ apps: [{ plugin: "sender" }] });
    const { apps, warnings } = await project.compile();
    expect(apps[0]?.enabled).toBe(true);
    expect(warnings.map(({ message }) => message)).toEqual(["apiKey: required, but not configured"]);
  });

  test("carries attachments as base64 with name and type", async () => {
    const project = await createTrio({
      apps: [{ plugin: "sender", config: { apiKey: "k" }, attachments: { certificate: "ca.pem" } }],
    });
    const { apps } = await project.load();
    expect(apps[0]?.attachments).toEqual({
      certificate: {
        content_type: "application/x-pem-file",
        file_name: "ca.pem",
        contents: btoa("certificate"),
      },
    });
  });
});

function sender(entry: object): object {
  return { apps: [{ plugin: "sender", ...entry }] };
}

describe("refused, with the place in apps.json:", () => {
  const cases: [name: string, appsFile: unknown, fault: string][] = [
    [
      "a folder that does not exist",
      { apps: [{ plugin: "nope" }] },
      "plugins/apps.json:4:17 [nope] Listed, but there is no such folder",
    ],
    [
      "one folder twice",
      { apps: [{ plugin: "a" }, { plugin: "a" }] },
      "plugins/apps.json:6:5 [a] Enabled twice for the same project",
    ],
    [
      "one folder twice for a project",
      {
        apps: [
          { plugin: "a", projects: ["x", "y"] },
          { plugin: "a", projects: ["y"] },
        ],
      },
      "[a] Enabled twice",
    ],
    [
      "one folder for a project and for all",
      { apps: [{ plugin: "a", projects: ["x"] }, { plugin: "a" }] },
      "[a] Enabled twice",
    ],
    [
      "an unknown key",
      { apps: [{ plugin: "a", order: 1 }] },
      'plugins/apps.json:3:5 apps.0: Unrecognized key: "order"',
    ],
    ["an unknown key at the top", { plugins: [], apps: [] }, "plugins/apps.json:1:1 Unrecognized key"],
    ["no apps", {}, "plugins/apps.json:1:1 apps: "],
    ["an empty list of projects", { apps: [{ plugin: "a", projects: [] }] }, "apps.0.projects: "],
    [
      "a value outside the choices",
      sender({ config: { region: "mars" } }),
      'apps.json:6:19 [sender] region: "mars" is not one of "eu", "us"',
    ],
    [
      "an attachment that does not exist",
      sender({ attachments: { certificate: "x.pem" } }),
      "certificate: there is no file x.pem",
    ],
    [
      "an attachment outside the folder",
      sender({ attachments: { certificate: "../a/index.ts" } }),
      "is outside the app's folder",
    ],
    ["text that is not JSON", '{ "apps": [ }', "plugins/apps.json:1:13 Not JSON"],
  ];
  for (const [name, appsFile, fault] of cases) {
    test(name, async () => {
      const project = await createTrio(appsFile);
      await expect(project.compile()).rejects.toThrow(fault);
    });
  }

  test("an attachment above 10 MB", async () => {
    const project = await createTrio({ apps: [{ plugin: "a", attachments: { big: "big.bin" } }] });
    await project.write({ "plugins/a/big.bin": "x".repeat(10 * 1024 * 1024 + 1) });
    await expect(project.compile()).rejects.toThrow(
      "big: big.bin has 10485761 bytes; an attachment may have 10485760",
    );
  });
});

test("a reference to a setting counts as any choice", async () => {
  const project = await createTrio({
    apps: [{ plugin: "sender", config: { apiKey: "k", region: { env: "REGION" } } }],
  });
  await expect(project.compile()).resolves.toMatchObject({ warnings: [] });
});
