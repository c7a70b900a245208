import { dirname, join, relative, sep } from "node:path";
import { expect } from "vitest";
import { HOST_LIBRARIES, hostLibrary } from "../../compiler/libraries.ts";
import { RetryError } from "../../apps/errors.ts";
import { createGlobals } from "./globals.ts";
import { createJest } from "./jest-object.ts";
import { createModules, type Modules } from "./modules.ts";
import { type PreparedFile, prepareApp } from "./prepare.ts";
import { readJestConfig } from "./jest-config.ts";
import { snapshotMatchers } from "./snapshots.ts";
import { mapStacks } from "./stack.ts";

const LIBRARIES = new URL("../../apps/libraries/", import.meta.url);

/** Bound to an instance in the gateway, which a test of plain files does not have. */
const CONTRIB = "@posthog/plugin-contrib";

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
    const supply = HOST_LIBRARIES[hostLibrary(specifier) ?? ""];
    const file =
      specifier === CONTRIB ? "plugin-contrib.ts" : supply?.from === "gateway" ? supply.file : undefined;
    if (file === undefined) continue;
    const library = (await import(new URL(file, LIBRARIES).href)) as { default?: object };
    libraries.set(
      specifier,
      library.default === undefined ? { ...library } : Object.assign(library.default, library),
    );
  }
  return libraries;
}
