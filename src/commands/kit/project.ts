import { execFile } from "node:child_process";
import { readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { FOLDER_NAME } from "../../compiler/index.ts";
import { UsageError } from "../run-command.ts";
import { appendItem, removeItems } from "./json-edit.ts";

export const APPS_FILE = "plugins/apps.json";

/** Where the project's tools are told what to leave alone: the code of apps that others wrote. */
const UNCHECKED: readonly { file: string; path: readonly string[] }[] = [
  { file: ".oxfmtrc.json", path: ["ignorePatterns"] },
  { file: ".oxlintrc.json", path: ["ignorePatterns"] },
  { file: "tsconfig.json", path: ["exclude"] },
];

/** Throws `UsageError` for what cannot be an app's folder. */
export function checkName(name: string): void {
  if (FOLDER_NAME.test(name) && name !== "node_modules" && name !== "apps.json") return;
  throw new UsageError(
    `"${name}" cannot be an app's folder: use letters, digits, dot, dash and underscore, beginning with a letter or digit`,
  );
}

/** Adds an app's entry to `apps.json`, last in the chain, unless it is listed already. */
export async function listApp(root: string, entry: { plugin: string } & object): Promise<void> {
  await editFile(root, APPS_FILE, (text) =>
    isListed(text, entry.plugin) ? text : appendItem(text, ["apps"], entry),
  );
}

/** Takes all of an app's entries out of `apps.json`. */
export async function unlistApp(root: string, plugin: string): Promise<void> {
  await editFile(root, APPS_FILE, (text) => removeItems(text, ["apps"], (entry) => isEntryOf(entry, plugin)));
}

/** Keeps format, lint and type checks away from an app's folder: it stays as its author wrote it. */
export async function leaveUnchecked(root: string, plugin: string): Promise<void> {
  const folder = `plugins/${plugin}`;
  for (const { file, path } of UNCHECKED) {
    await editFile(root, file, (text) =>
      appendItem(
        removeItems(text, path, (item) => item === folder),
        path,
        folder,
      ),
    );
  }
}

export async function checkAgain(root: string, plugin: string): Promise<void> {
  for (const { file, path } of UNCHECKED) {
    await editFile(root, file, (text) => removeItems(text, path, (item) => item === `plugins/${plugin}`));
  }
}

function isListed(text: string, plugin: string): boolean {
  return removeItems(text, ["apps"], (entry) => isEntryOf(entry, plugin)) !== text;
}

function isEntryOf(entry: unknown, plugin: string): boolean {
  return typeof entry === "object" && entry !== null && "plugin" in entry && entry.plugin === plugin;
}

/** Changes a JSON file of the project in one step, so that a crash leaves the old or the new one, and formats it. */
async function editFile(root: string, file: string, edit: (text: string) => string): Promise<void> {
  const path = join(root, file);
  const before = await readFile(path, "utf8");
  let after: string;
  try {
    after = edit(before);
  } catch (error) {
    throw new UsageError(`${file} cannot be changed: ${(error as Error).message}. Mend it first.`);
  }
  if (after === before) return;
  const beside = `${path}.new`;
  await writeFile(beside, after);
  await rename(beside, path);
  await format(root, [file]);
}

/** Formats files as `npm run format` does. */
export async function format(root: string, files: readonly string[]): Promise<void> {
  const oxfmt = join(dirname(createRequire(import.meta.url).resolve("oxfmt/package.json")), "bin/oxfmt");
  await promisify(execFile)(process.execPath, [oxfmt, "--config", ".oxfmtrc.json", ...files], { cwd: root });
}
