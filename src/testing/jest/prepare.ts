import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "acorn";
import { transform } from "esbuild";
import { findEntry } from "../../compiler/entry.ts";
import { readJsonc } from "../../compiler/jsonc.ts";
import { parseSource } from "../../compiler/source/parse.ts";
import { transformSource } from "../../compiler/source/transform.ts";

const CODE = /\.[cm]?[jt]sx?$/;

/** More files than any app has: bounds the walk through a folder that is no app. */
const MAX_FILES = 5000;

const HOISTED = /^jest\s*\.(?:mock|unmock|deepUnmock|enableAutomock|disableAutomock)\b/;

/** A file of an app as a CommonJS module, or the reason why it cannot be one. */
export type PreparedFile = { code: string } | { fault: Error };

/**
 * Turns every file of an app's folder into CommonJS for `createModules`, as Jest's transforms did: the source adapters of
 * the compiler read it, so that TypeScript in `.js`, unused imports and a forgotten `async` are as in the gateway, and an
 * entry that exports nothing exports its top-level functions. About a millisecond a file.
 */
export async function prepareApp(folder: string): Promise<ReadonlyMap<string, PreparedFile>> {
  const entry = await findEntry(folder, await mainOf(folder));
  const entryPath = entry?.file === undefined ? undefined : join(folder, entry.file);
  const prepared = new Map<string, PreparedFile>();
  for (const path of await codeFiles(folder)) {
    prepared.set(path, await prepareFile(path, path === entryPath));
  }
  return prepared;
}

async function prepareFile(path: string, isEntry: boolean): Promise<PreparedFile> {
  try {
    const source = await transformSource(await readFile(path, "utf8"), path);
    const { rest, hoisted } = hoistMocks(source.code);
    const { code } = await transform(`${rest}\n${asComment(source.map)}`, {
      loader: "js",
      format: "cjs",
      target: "node20",
      // Dynamic imports become calls of `require`, which knows the mocks.
      supported: { "dynamic-import": false },
      banner: hoisted,
      sourcemap: "inline",
      charset: "utf8",
      logLevel: "silent",
      sourcefile: path,
    });
    const fallback = isEntry ? exportTopLevel(path, source) : "";
    return { code: withOurHelpers(code) + fallback };
  } catch (error) {
    const fault = error instanceof Error ? error : new Error(String(error));
    fault.message = `${path}: ${fault.message}`;
    return { fault };
  }
}

/**
 * esbuild's helpers give each importer a copy of a module that nobody can spy on. Ours give the module itself, as Babel's
 * did, with exports that `jest.spyOn` may replace.
 */
function withOurHelpers(code: string): string {
  return code
    .replace(/^"use strict";/m, "")
    .replace("var __export = ", "var __export = require.defineExports, __unusedExport = ")
    .replace("var __toESM = ", "var __toESM = require.interop, __unusedToESM = ")
    .replace("var __toCommonJS = ", "var __toCommonJS = require.markModule, __unusedToCommonJS = ");
}

/** Jest's Babel plug-in does the same: mocks are made before anything is imported. */
function hoistMocks(code: string): { rest: string; hoisted: string } {
  if (!/\bjest\b/.test(code)) return { rest: code, hoisted: "" };
  const { body } = parse(code, {
    ecmaVersion: "latest",
    sourceType: "module",
    allowReturnOutsideFunction: true,
  });
  const calls = body
    .map(({ start, end }) => ({ start, end, text: code.slice(start, end) }))
    .filter(({ text }) => HOISTED.test(text));
  let rest = code;
  // Blanked, not cut out, so that the source map stays true.
  for (const { start, end, text } of calls) {
    rest = rest.slice(0, start) + text.replaceAll(/[^\n]/g, " ") + rest.slice(end);
  }
  return { rest, hoisted: calls.map(({ text }) => text).join("\n") };
}

function asComment(map: string): string {
  return `//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString("base64")}`;
}

function exportTopLevel(path: string, source: Awaited<ReturnType<typeof transformSource>>): string {
  const { topLevel } = parseSource({ ...source, path, isEntry: true });
  const names = topLevel.filter(({ isGlobal }) => isGlobal).map(({ name }) => name);
  return `\nif (Object.keys(module.exports).length === 0) Object.assign(module.exports, { ${names.join(", ")} });`;
}

async function mainOf(folder: string): Promise<string | undefined> {
  try {
    const { value } = readJsonc(await readFile(join(folder, "plugin.json"), "utf8"));
    return (value as { main?: string }).main;
  } catch {
    // What is wrong with it the compiler tells; tests may run without it.
    return undefined;
  }
}

async function codeFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined && found.length < MAX_FILES; next = waiting.pop()) {
    for (const entry of await readdir(next, { withFileTypes: true })) {
      const path = join(next, entry.name);
      if (entry.isDirectory() && entry.name !== "node_modules" && entry.name !== ".git") waiting.push(path);
      else if (entry.isFile() && CODE.test(entry.name)) found.push(path);
    }
  }
  return found;
}
