import { existsSync } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { compile, type CompiledApp, CompileError, describeFault } from "../../compiler/index.ts";
import { describePackage, knownPackage } from "../../compiler/known-packages.ts";
import { UsageError } from "../run-command.ts";
import { copyApp, requireApp, wantedVersions } from "./copy-app.ts";
import { draftConfiguration, type Draft } from "./configuration.ts";
import { fetchSource, readSource, type Source } from "./fetch-source.ts";
import { findHooksOf } from "./find-hooks.ts";
import { checkName, leaveUnchecked, listApp, unlistApp } from "./project.ts";

export interface AddOptions {
  /** The project's folder. */
  root: string;
  /** What the person wrote. */
  source: string;
  /** Where a relative source starts. */
  workingDirectory: string;
  /** The app's folder, if not what it is called where it comes from. */
  as?: string;
  /** Takes the place of an app that is there. */
  replace: boolean;
  /** Ends the work between two steps, as if it had never been. */
  signal: AbortSignal;
}

export interface Added {
  plugin: string;
  app: CompiledApp;
  files: string[];
  hooks: string[];
  warnings: string[];
  draft: Draft;
  replaced: boolean;
}

/**
 * Brings an existing app into `plugins/`, unmodified, and lists it. All is done beside it first, the compilation included,
 * so that what fails leaves nothing behind. Throws `UsageError`, or `CompileError` with the app's faults.
 */
export async function addApp(options: AddOptions): Promise<Added> {
  const { root, signal } = options;
  const source = readSource(options.source, options.workingDirectory);
  if (options.as !== undefined) checkName(options.as);
  // Within the project, where the app's packages are found as they will be.
  const workspace = await mkdtemp(join(root, ".adding-"));
  try {
    const fetched = await fetchSource(source, workspace, signal);
    signal.throwIfAborted();
    const plugin = options.as ?? fetched.name;
    checkName(plugin);
    const target = join(root, "plugins", plugin);
    const replaced = existsSync(target);
    if (replaced && !options.replace) {
      throw new UsageError(
        `plugins/${plugin} is there already: --replace puts this version in its place and keeps its configuration, --as <name> adds it under another name`,
      );
    }
    await requireApp(fetched.directory, (folder) => nameFolder(options.source, source, folder));
    const staged = join(workspace, "plugins", plugin);
    const files = await copyApp(fetched.directory, staged);
    const { app, hooks, warnings } = await examine(plugin, workspace);
    const draft = draftConfiguration(plugin, app.manifest);
    signal.throwIfAborted();
    await install({ root, workspace, plugin, draft, replaced });
    return { plugin, app, files, hooks, warnings, draft, replaced };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

/** The command that adds a folder inside this source. */
function nameFolder(text: string, source: Source, folder: string): string {
  if (source.kind === "folder") return `npm run add ${join(text, folder)}`;
  if (source.kind === "npm") return `${folder}, which a folder or a git address can name, but not a package`;
  const [address, fragment = ""] = text.split("#");
  const [branch] = fragment.split(":");
  return `npm run add '${address}#${branch ? `${branch}:` : ""}${folder}'`;
}

/** Compiles the staged app as a build would, and looks at what it has. */
async function examine(plugin: string, workspace: string) {
  const outDirectory = join(workspace, "registry");
  try {
    const only = { plugin, enabled: false };
    const { apps, warnings } = await compile({
      pluginsDirectory: join(workspace, "plugins"),
      outDirectory,
      only,
    });
    const [app] = apps;
    if (!app) throw new UsageError(`${plugin} was compiled to nothing`);
    const hooks = await findHooksOf(join(outDirectory, "registry.js")).catch((error: Error) => {
      throw new UsageError(`${plugin} compiles, but cannot be loaded: ${error.message}`);
    });
    const isOurs = ({ file }: { file: string }) => file === "plugins/apps.json";
    return {
      app,
      hooks,
      warnings: warnings.filter((warning) => !isOurs(warning)).map(describeFault),
    };
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    throw new UsageError(await explain(error, join(workspace, "plugins", plugin)));
  }
}

/** What is wrong with an app that does not compile; packages are asked for in one line. */
async function explain({ faults }: CompileError, directory: string): Promise<string> {
  const packages = [...new Set(faults.flatMap(({ missingPackage }) => missingPackage ?? []))].toSorted();
  const others = faults.filter(({ missingPackage }) => missingPackage === undefined);
  const parts = [`${basename(directory)} was not added.`];
  if (others.length > 0) {
    parts.push(
      `It does not compile; mend a copy of it, and add that:\n${others.map((fault) => `  ${describeFault(fault)}`).join("\n")}`,
    );
  }
  if (packages.length > 0) {
    const versions = await wantedVersions(directory);
    const wanted = packages.map((name) => {
      const version = versions[name];
      return knownPackage(name)?.install ?? (version ? `'${name}@${version}'` : name);
    });
    parts.push(
      `It needs packages that are not installed: ${packages.map(describePackage).join(", ")}. Look at them, then:\n  npm install -E ${wanted.join(" ")}\nand add it again.`,
    );
  }
  return parts.join("\n");
}

/** Puts the staged folder in place and lists it; on failure all is as it was. */
async function install(options: {
  root: string;
  workspace: string;
  plugin: string;
  draft: Draft;
  replaced: boolean;
}): Promise<void> {
  const { root, workspace, plugin, draft } = options;
  const target = join(root, "plugins", plugin);
  const former = join(workspace, "former");
  if (options.replaced) await rename(target, former);
  try {
    await rename(join(workspace, "plugins", plugin), target);
    const config = Object.keys(draft.config).length > 0 ? { config: draft.config } : {};
    await listApp(root, { plugin, ...(draft.missing.length > 0 ? { enabled: false } : {}), ...config });
    await leaveUnchecked(root, plugin);
  } catch (error) {
    await rm(target, { recursive: true, force: true });
    if (options.replaced) await rename(former, target);
    else await unlistApp(root, plugin);
    throw error;
  }
}
