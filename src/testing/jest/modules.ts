import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { dirname, join, resolve } from "node:path";
import { compileFunction } from "node:vm";
import { readJsonc } from "../../compiler/jsonc.ts";
import { defineExports, interop, markModule } from "./interop.ts";
import { automock } from "./mock-function.ts";
import type { PreparedFile } from "./prepare.ts";

/** In Jest's order. */
const SUFFIXES = ["", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".json", "/index.js", "/index.ts"];

type Factory = () => unknown;

/** The modules of one test file, with Jest's rules for what is mocked by what. */
export interface Modules {
  require(specifier: string, from: string): unknown;
  requireActual(specifier: string, from: string): unknown;
  requireMock(specifier: string, from: string): unknown;
  /** Without a factory, the file in `__mocks__`, or else an automatic mock. */
  mock(specifier: string, from: string, factory?: Factory): void;
  unmock(specifier: string, from: string): void;
  /** Forgets what has been loaded; mocks stay declared. */
  reset(): void;
}

/**
 * CommonJS for tests that were written for Jest: an app's own files as `prepareApp` made them, host libraries as the
 * gateway supplies them, built-in modules and npm packages from Node.
 */
export function createModules(options: {
  folder: string;
  prepared: ReadonlyMap<string, PreparedFile>;
  libraries: ReadonlyMap<string, unknown>;
  /** What a file finds as `jest`. */
  jestFor: (path: string) => unknown;
}): Modules {
  const { folder, prepared, libraries } = options;
  const loaded = new Map<string, { exports: unknown }>();
  const mocks = new Map<string, { value: unknown }>();
  const declared = new Map<string, Factory | undefined>();

  /** An absolute path for a file of the app; the specifier itself for everything else. */
  function resolveId(specifier: string, from: string): string {
    if (!/^\.{0,2}\//.test(specifier) && specifier !== "." && specifier !== "..") return specifier;
    const path = resolve(dirname(from), specifier);
    const found = SUFFIXES.map((suffix) => path + suffix).find(
      (candidate) => existsSync(candidate) && statSync(candidate).isFile(),
    );
    return found ?? path;
  }

  function load(id: string, from: string): unknown {
    const known = loaded.get(id);
    if (known) return known.exports;
    if (!id.startsWith("/")) return loadPackage(id, from);
    const module = { exports: {} as unknown };
    loaded.set(id, module);
    try {
      if (id.endsWith(".json")) module.exports = readJsonc(readFileSync(id, "utf8")).value;
      else evaluate(id, from, module);
    } catch (error) {
      loaded.delete(id);
      throw error;
    }
    return module.exports;
  }

  function evaluate(id: string, from: string, module: { exports: unknown }): void {
    const file = prepared.get(id);
    if (!file) throw new Error(`Cannot find module '${id}' from ${from}`);
    if ("fault" in file) throw file.fault;
    const parameters = ["exports", "require", "module", "__filename", "__dirname", "jest"];
    const run = compileFunction(file.code, parameters, { filename: id });
    const own = (specifier: string) => modules.require(specifier, id);
    const require = Object.assign(own, {
      defineExports,
      interop,
      markModule,
      requireActual: (specifier: string) => modules.requireActual(specifier, id),
      resolve: (specifier: string) => resolveId(specifier, id),
    });
    run.call(module.exports, module.exports, require, module, id, dirname(id), options.jestFor(id));
  }

  function loadPackage(name: string, from: string): unknown {
    if (libraries.has(name)) return libraries.get(name);
    try {
      return createRequire(from)(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
      throw new Error(
        `Cannot find module '${name}' from ${from}: if the app or its tests need this npm package, run npm install -D -E ${name}`,
        { cause: error },
      );
    }
  }

  /** `__mocks__` beside the file, or at the top of the app for a package. */
  function manualMock(id: string): string | undefined {
    const base = id.startsWith("/")
      ? join(dirname(id), "__mocks__", id.slice(dirname(id).length + 1).replace(/\.[^.]+$/, ""))
      : join(folder, "__mocks__", id);
    return SUFFIXES.map((suffix) => base + suffix).find((candidate) => prepared.has(candidate));
  }

  function mocked(id: string, from: string): unknown {
    const known = mocks.get(id);
    if (known) return known.value;
    const factory = declared.get(id);
    const manual = manualMock(id);
    const value = factory ? factory() : manual ? load(manual, from) : automock(load(id, from));
    mocks.set(id, { value });
    return value;
  }

  const modules: Modules = {
    require(specifier, from) {
      const id = resolveId(specifier, from);
      // Jest takes the manual mock of a package, though not of a built-in module, without being told.
      const isMocked = declared.has(id) || (!id.startsWith("/") && !isBuiltin(id) && manualMock(id));
      return isMocked ? mocked(id, from) : load(id, from);
    },
    requireActual: (specifier, from) => load(resolveId(specifier, from), from),
    requireMock: (specifier, from) => mocked(resolveId(specifier, from), from),
    mock(specifier, from, factory) {
      const id = resolveId(specifier, from);
      declared.set(id, factory);
      mocks.delete(id);
    },
    unmock(specifier, from) {
      declared.delete(resolveId(specifier, from));
    },
    reset() {
      loaded.clear();
      mocks.clear();
    },
  };
  return modules;
}
