import { describe, expect, test } from "vitest";
import { manifestSchema } from "./manifest.ts";

test("an app without plugin.json has the manifest of {}", () => {
  expect(manifestSchema.parse({})).toEqual({ config: [], publicJobs: {}, stateless: false });
});

test("the whole of a manifest is kept, unknown keys are ignored", () => {
  const manifest = manifestSchema.parse({
    name: "Hello World",
    url: "https://github.com/PostHog/helloworldplugin",
    description: "Greet",
    main: "index.js",
    icon: null,
    posthogVersion: ">= 1.25.0",
    order: 4,
    config: [
      { markdown: "This is a sample app!" },
      {
        key: "bar",
        name: "Bar",
        type: "string",
        default: "baz",
        hint: "**property**",
        required: false,
        secret: true,
      },
      { key: "mode", type: "choice", choices: ["a", "b"], default: "a", visible_if: [["bar", "x"], ["baz"]] },
      { key: "map", type: "dictionary", default: { a: 1 } },
      { key: "file", type: "attachment", required: true },
    ],
    publicJobs: { export: { payload: { from: { type: "date", title: "From", required: true } } } },
  });
  expect(manifest).toMatchObject({ name: "Hello World", main: "index.js", posthogVersion: ">= 1.25.0" });
  expect(manifest).not.toHaveProperty("order");
  expect(manifest.config.map(({ key, type, required, secret }) => [key, type, required, secret])).toEqual([
    [undefined, "string", false, false],
    ["bar", "string", false, true],
    ["mode", "choice", false, false],
    ["map", "dictionary", false, false],
    ["file", "attachment", true, false],
  ]);
  expect(manifest.config[2]?.visible_if).toEqual([["bar", "x"], ["baz"]]);
  expect(manifest.publicJobs["export"]?.payload?.["from"]).toMatchObject({ type: "date", required: true });
});

test("fields as an object come sorted by order, those without one last", () => {
  const { config } = manifestSchema.parse({
    config: {
      c: { type: "string" },
      b: { type: "string", order: 2 },
      a: { type: "string", order: 1 },
      d: { order: 0 },
    },
  });
  expect(config.map(({ key }) => key)).toEqual(["a", "b", "c", "d"]);
});

test("what PostHog took for granted is taken: an unknown type is text, flags and orders may be texts, lists may be null", () => {
  const manifest = manifestSchema.parse({
    config: [
      { key: "a", type: "password", required: "true", secret: null, order: "1" },
      { key: "b", required: "yes", secret: 1, order: "last" },
    ],
    publicJobs: null,
    stateless: "false",
  });
  expect(manifest.config[0]).toMatchObject({ type: "string", required: true, secret: false, order: 1 });
  expect(manifest.config[1]).toMatchObject({ required: true, secret: true, order: undefined });
  expect(manifestSchema.parse({ config: null }).config).toEqual([]);
});

describe("refused:", () => {
  const cases: [name: string, manifest: unknown, path: string, message: string][] = [
    ["a choice without choices", { config: [{ key: "a", type: "choice" }] }, "config.0.choices", "non-empty"],
    [
      "a choice with no choice",
      { config: [{ key: "a", type: "choice", choices: [] }] },
      "config.0.choices",
      "non-empty",
    ],
    [
      "a stateless app with fields",
      { stateless: true, config: [{ key: "a" }] },
      "stateless",
      "Stateless plugins cannot have a config!",
    ],
    ["a name that is no text", { name: 1 }, "name", "expected string"],
    ["a field that is no object", { config: ["a"] }, "config.0", "expected object"],
    ["a manifest that is no object", [], "", "expected object"],
  ];
  for (const [name, manifest, path, message] of cases) {
    test(name, () => {
      const issue = manifestSchema.safeParse(manifest).error?.issues[0];
      expect(issue?.path.join(".")).toBe(path);
      expect(issue?.message).toContain(message);
    });
  }
});
