import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { root } from "./bundle.ts";
import type { Connection } from "./connection.ts";

/** Beside wrangler's own files of this checkout, which git ignores. */
const FILE = join(root, ".wrangler/edgehog-dev.json");

/** Leaves the address and token of `npm run dev` for commands in other terminals. Resolves to how to take them away again. */
export async function announceDevSession(connection: Connection): Promise<() => Promise<void>> {
  await mkdir(dirname(FILE), { recursive: true });
  await writeFile(FILE, JSON.stringify(connection), { mode: 0o600 });
  return () => rm(FILE, { force: true });
}

/** Where `npm run dev` runs, as it was announced last; null when it does not. */
export async function findDevSession(): Promise<Connection | null> {
  try {
    return JSON.parse(await readFile(FILE, "utf8")) as Connection;
  } catch {
    // No such file, or one that is being written: as good as none.
    return null;
  }
}
