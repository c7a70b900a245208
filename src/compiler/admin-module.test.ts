import { mkdtemp, readFile, rm } from "node:fs/promises";
import { SourceMap } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parse } from "acorn";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeAdminAssets } from "./admin-assets.ts";
import { writeAdminModule } from "./admin-module.ts";

let directory: string;
const read = (name: string) => readFile(join(directory, "admin", name), "utf8");

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "edgehog-admin-"));
  await writeAdminAssets(directory);
  await writeAdminModule(directory);
});
afterAll(() => rm(directory, { recursive: true }));

test("the module imports nothing, and exports only what takes what it needs", async () => {
  const { body } = parse(await read("admin.js"), { ecmaVersion: "latest", sourceType: "module" });
  expect(body.map(({ type }) => type)).toEqual(["ExportNamedDeclaration"]);
});

test("it holds the admin and no package, and nothing that events pass through", async () => {
  const { sources } = JSON.parse(await read("admin.js.map")) as { sources: string[] };
  expect(sources.some((source) => source.endsWith("src/admin/index.ts"))).toBe(true);
  expect(
    sources.filter((source) => /node_modules|src\/(?:capture|pipeline)\/|keys\.ts$/.test(source)),
  ).toEqual([]);
});

test("its lines lead to the source", async () => {
  const code = await read("admin.js");
  const map = new SourceMap(JSON.parse(await read("admin.js.map")));
  const lines = code.split("\n");
  const line = lines.findIndex((text) => text.includes("There is no such page"));
  const entry = map.findEntry(line, (lines[line] ?? "").indexOf("There is no such page"));
  if (!("originalSource" in entry)) throw new Error("the map has no entry for it");
  expect(basename(entry.originalSource)).toBe("pages.tsx");
  const source = await readFile(new URL("../admin/pages.tsx", import.meta.url), "utf8");
  expect(source.split("\n")[entry.originalLine]).toContain("There is no such page");
});
