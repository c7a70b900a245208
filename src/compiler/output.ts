import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** The first line of what the compiler writes. */
export const HEADER = "// Written by src/compiler. Edits are overwritten.";

/** What earlier runs may have left behind; nothing else in the directory is ever removed. */
const REMOVABLE = /^apps[/\\][^/\\]+\.js$/;

/**
 * Writes files by relative path, and removes the modules of apps that are gone. Returns the paths that were written or
 * removed.
 */
export async function writeFiles(
  directory: string,
  files: Readonly<Record<string, string>>,
): Promise<string[]> {
  const present = await list(directory);
  const stale = present.filter((path) => REMOVABLE.test(path) && !Object.hasOwn(files, path));
  await Promise.all(stale.map((path) => rm(join(directory, path))));
  return [...stale, ...(await writeChanged(directory, files))].toSorted();
}

/**
 * Writes files by relative path. Those that are right already are not touched: a bundler that watches them would start
 * over for nothing. Returns the paths that were written.
 */
export async function writeChanged(
  directory: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<string[]> {
  const changed: string[] = [];
  for (const [path, content] of Object.entries(files)) {
    const absolute = join(directory, path);
    // A file that cannot be read is not there yet, and is written.
    const present = await readFile(absolute).catch(() => null);
    if (present?.equals(Buffer.from(content))) continue;
    await mkdir(dirname(absolute), { recursive: true });
    await writeFile(absolute, content);
    changed.push(path);
  }
  return changed;
}

async function list(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
