import { copyFile, mkdir, readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { findEntry } from "../../compiler/entry.ts";
import { readJsonc } from "../../compiler/jsonc.ts";
import { UsageError } from "../run-command.ts";

/** What is not the app: history, installed packages, and what tools leave behind. */
const NOISE = new Set([
  ".git",
  ".github",
  ".husky",
  ".idea",
  ".nyc_output",
  ".vscode",
  ".DS_Store",
  "coverage",
  "node_modules",
  "package-lock.json",
  "pnpm-lock.yaml",
  "yarn.lock",
]);
const NOISY_SUFFIX = /\.(?:log|tgz|tsbuildinfo)$/;

/** Far above any app; a whole repository was meant when there is more. */
const MAX_FILES = 2000;
const MAX_BYTES = 50 * 1024 * 1024;
/** How deep a repository is searched for apps. */
const MAX_DEPTH = 3;

/**
 * Copies an app's files as they are. Links are left out, since they could lead anywhere. Returns the paths relative to
 * the app. Throws `UsageError` when there is too much of it.
 */
export async function copyApp(from: string, to: string): Promise<string[]> {
  const copied: string[] = [];
  let bytes = 0;
  for (const path of await listFiles(from)) {
    bytes += (await stat(join(from, path))).size;
    if (copied.length >= MAX_FILES || bytes > MAX_BYTES) {
      throw new UsageError(
        `${from} holds more than ${MAX_FILES} files or ${MAX_BYTES / 1024 / 1024} MB: that is more than an app; name the app's own folder`,
      );
    }
    await mkdir(dirname(join(to, path)), { recursive: true });
    await copyFile(join(from, path), join(to, path));
    copied.push(path);
  }
  return copied;
}

/** Throws `UsageError`, with the folders that hold apps, when this one does not. `describe` says how a folder is named. */
export async function requireApp(directory: string, describe: (folder: string) => string): Promise<void> {
  const manifest = await readFile(join(directory, "plugin.json"), "utf8").catch(() => undefined);
  if (manifest !== undefined || (await findEntry(directory, undefined))) return;
  const folders = await foldersWithManifest(directory, directory, 0);
  throw new UsageError(
    folders.length > 0
      ? `There is no plugin.json at the top, but these folders have one:\n${folders.map((folder) => `  ${describe(folder)}`).join("\n")}`
      : "There is neither a plugin.json nor an index.js or index.ts: this is no app.",
  );
}

/** Versions of the packages that the app's own `package.json` asks for; empty without one that can be read. */
export async function wantedVersions(directory: string): Promise<Readonly<Record<string, string>>> {
  try {
    const { value } = readJsonc(await readFile(join(directory, "package.json"), "utf8"));
    const { dependencies, peerDependencies } = value as Record<string, Record<string, string>>;
    return { ...peerDependencies, ...dependencies };
  } catch {
    // Only the versions are lost; the names come from the code.
    return {};
  }
}

async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const paths: string[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (NOISE.has(entry.name) || NOISY_SUFFIX.test(entry.name)) continue;
    if (entry.isFile()) paths.push(entry.name);
    if (!entry.isDirectory()) continue;
    const inside = await listFiles(join(directory, entry.name));
    paths.push(...inside.map((path) => join(entry.name, path)));
    if (paths.length > MAX_FILES) break;
  }
  return paths;
}

async function foldersWithManifest(directory: string, top: string, depth: number): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const own = entries.some((entry) => entry.isFile() && entry.name === "plugin.json");
  if (own) return [relative(top, directory)];
  if (depth === MAX_DEPTH) return [];
  const found: string[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory() || NOISE.has(entry.name)) continue;
    found.push(...(await foldersWithManifest(join(directory, entry.name), top, depth + 1)));
  }
  return found.toSorted();
}
