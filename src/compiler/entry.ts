import { stat } from "node:fs/promises";
import { join } from "node:path";

/** Where an app without a usable `main` starts, in this order (decisions 5a). */
export const ENTRY_CANDIDATES = [
  "index.js",
  "index.ts",
  "src/index.ts",
  "src/index.js",
  "src/plugin.ts",
] as const;

/** Code for PostHog's pages: an app that has some needs none for the server (runtime 1.2). */
const BROWSER_FILES = ["frontend.tsx", "site.ts"] as const;

export interface Entry {
  /** Relative to the app's folder; undefined when the app has browser code alone. */
  file: string | undefined;
  /** The manifest's `main`, when there is no such file and another was taken. */
  missingMain?: string;
}

/** Finds an app's entry file; null when the folder holds no code. */
export async function findEntry(directory: string, main: string | undefined): Promise<Entry | null> {
  if (main && (await isFile(join(directory, main)))) return { file: main };
  const missing = main ? { missingMain: main } : {};
  for (const file of ENTRY_CANDIDATES) {
    if (await isFile(join(directory, file))) return { file, ...missing };
  }
  for (const file of BROWSER_FILES) {
    if (await isFile(join(directory, file))) return { file: undefined };
  }
  return null;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    // The file is not there.
    return false;
  }
}
