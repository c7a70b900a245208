import { dirname, join, relative, sep } from "node:path";
import { expect } from "vitest";
import { RetryError } from "../../apps/errors.ts";
import { createGlobals } from "./globals.ts";
import { createJest } from "./jest-object.ts";
import { createModules, type Modules } from "./modules.ts";
import { type PreparedFile, prepareApp } from "./prepare.ts";
import { readJestConfig } from "./jest-config.ts";
import { snapshotMatchers } from "./snapshots.ts";
import { mapStacks } from "./stack.ts";

const LIBRARIES = new URL("../../apps/libraries/", import.meta.url);

/** What is installed nowhere, since the gateway supplies it. Everything else, `pg` too, is the npm package. */
const SUPPLIED: Readonly<Record<string, string>> = {
  "@posthog/plugin-contrib": "plugin-contrib.ts",
  "@posthog/plugin-scaffold": "plugin-scaffold.ts",
  "@posthog/plugin-scaffold/test/utils": "plugin-scaffold/test-utils.ts",
  "@posthog/plugin-scaffold/test/utils.js": "plugin-scaffold/test-utils.ts",
  "node-fetch": "node-fetch.ts",
};

/**
 * Runs a test file that was written for Jest: its tests are vitest's then. Call it while vitest collects tests. `plugins`
 * is the folder of app folders.
 */
export async function runTestFile(path: string, plugins: string): Promise<void> {
  const [name = ""] = relative(plugins, path).split(sep);
  const folder = join(plugins, name);
  const prepared = await prepareApp(folder);
  mapStacks(prepared);
  let modules: Modules;
  const jestFor = (file: string) => createJest(() => modules, file);
  const globals = { ...createGlobals(), jest: jestFor(path) };
  const libraries = await loadLibraries(prepared);
  libraries.set("@jest/globals", globals);
  // Imported for its types.
  libraries.set("jest", {});
  modules = createModules({ folder, prepared, libraries, jestFor });

  Object.assign(globalThis, globals, { RetryError });
  expect.extend(
    snapshotMatchers(join(dirname(path), "__snapshots__", `${path.slice(dirname(path).length + 1)}.snap`)),
  );
  const config = readJestConfig(folder, (file) => modules.requireActual(file, join(folder, "package.json")));
  for (const file of config.setupFiles) modules.require(file, join(folder, "package.json"));
  config.applyMockOptions();
  modules.require(path, path);
}

/** The host libraries that the app or its tests import, as CommonJS has them. */
async function loadLibraries(prepared: ReadonlyMap<string, PreparedFile>): Promise<Map<string, unknown>> {
  const wanted = new Set<string>();
  for (const file of prepared.values()) {
    const code = "code" in file ? file.code : "";
    for (const [, specifier] of code.matchAll(/["'`]([@\w][\w@/.-]*)["'`]/g)) wanted.add(specifier ?? "");
  }
  const libraries = new Map<string, unknown>();
  for (const specifier of wanted) {
    const file = Object.hasOwn(SUPPLIED, specifier) ? SUPPLIED[specifier] : undefined;
    if (file === undefined) continue;
    const library = (await import(new URL(file, LIBRARIES).href)) as { default?: object };
    libraries.set(
      specifier,
      library.default === undefined ? { ...library } : Object.assign(library.default, library),
    );
  }
  return libraries;
}
