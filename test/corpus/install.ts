import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** One release of a package, installed for a recording. */
export interface Installed {
  /** The package's own folder. */
  folder: string;
  remove(): Promise<void>;
}

const INSTALL_TIMEOUT_MS = 120_000;

/**
 * Installs one release into a temporary folder outside the project, with what it depends on, but without peers and without
 * running any of its scripts.
 * @param beside packages that it expects to find, with their versions
 * @throws when npm fails, with what npm said
 */
export async function install(
  sdk: string,
  version: string,
  beside: readonly string[] = [],
): Promise<Installed> {
  const root = await mkdtemp(join(tmpdir(), "edgehog-sdk-"));
  await writeFile(join(root, "package.json"), "{}");
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--legacy-peer-deps", "--omit=peer"];
  await promisify(execFile)("npm", ["install", ...quiet, `${sdk}@${version}`, ...beside], {
    cwd: root,
    timeout: INSTALL_TIMEOUT_MS,
  });
  return {
    folder: join(root, "node_modules", sdk),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}
