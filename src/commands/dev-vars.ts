import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { root } from "./bundle.ts";

/** The settings in `.dev.vars`, by name; none when there is no such file. */
export async function readDevVars(): Promise<Record<string, string | undefined>> {
  try {
    return parseEnv(await readFile(join(root, ".dev.vars"), "utf8")) as Record<string, string | undefined>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}
