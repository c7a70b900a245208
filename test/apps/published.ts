import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const DIRECTORY = new URL("published", import.meta.url).pathname;

/** The files of an app folder of `published/`, by path: apps in the manner of those that were published for PostHog. */
export async function published(name: string): Promise<Record<string, string>> {
  const folder = join(DIRECTORY, name);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  return Object.fromEntries(files.map((file, index) => [file.slice(folder.length + 1), texts[index] ?? ""]));
}
