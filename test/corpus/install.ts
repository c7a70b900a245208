import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** One release of a package, installed for a recording. */
export interface Installed {
  /** The package's own folder; of one from PyPI, its virtual environment. */
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

/**
 * Installs one release of posthog-python into a virtual environment, as {@link install} does for npm.
 * @throws when Python is missing or pip fails, with what it said
 */
export async function installPython(_sdk: string, version: string): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), "edgehog-sdk-"));
  const run = (program: string, ...args: string[]) =>
    promisify(execFile)(program, args, { timeout: INSTALL_TIMEOUT_MS });
  await run("python3", "-m", "venv", folder);
  await run(join(folder, "bin/pip"), "install", "--quiet", `posthog==${version}`);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
