import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { appsFileJsonSchema, parseAppsFile } from "./apps-file.ts";
import { type AppFolder, arrangeChain } from "./chain.ts";
import { type CompiledFolder, compileApp } from "./compile-app.ts";
import {
  appFile,
  emitRegistry,
  emitRegistryTypes,
  type RegistryEntry,
  registryEntry,
} from "./emit-registry.ts";
import { CompileError, createReport, type Fault, inReadingOrder, type Report } from "./faults.ts";
import { writeFiles } from "./output.ts";
import { readIfPresent, readManifest } from "./read-manifest.ts";

export interface CompileOptions {
  /** The folder of app folders; its parent is the project, whose `node_modules` serve the apps too. */
  pluginsDirectory: string;
  /** Receives `registry.js`, `registry.d.ts`, `apps/` and a JSON schema of `apps.json`. */
  outDirectory: string;
  /** Where the modules of the gateway's own host libraries are. */
  librariesDirectory?: string;
  /** Compiles one folder alone, as if `apps.json` were this one entry. */
  only?: { plugin: string } & Readonly<Record<string, unknown>>;
}

export interface CompileResult {
  /** In chain order. */
  apps: readonly CompiledApp[];
  warnings: readonly Fault[];
  /** Files of the out directory that were written or removed; those that were right already are left alone. */
  changedFiles: readonly string[];
}

export interface CompiledApp extends RegistryEntry {
  /** Size of the compiled code. */
  codeBytes: number;
  /** npm packages that it imports. */
  packages: readonly string[];
}

/** What a folder may be called: the name stands in keys, messages and routes. */
export const FOLDER_NAME = /^[\w][\w.-]*$/;

const APPS_DIRECTORY = fileURLToPath(new URL("../apps", import.meta.url));

/**
 * Compiles `plugins/` into a static registry. Deterministic: the same input gives the same bytes. Runs in Node only, in
 * some hundred milliseconds for ten apps. Throws `CompileError` with every fault of every app, and then writes nothing.
 */
export async function compile(options: CompileOptions): Promise<CompileResult> {
  const pluginsDirectory = resolve(options.pluginsDirectory);
  const outDirectory = resolve(options.outDirectory);
  const projectDirectory = dirname(pluginsDirectory);
  const report = createReport();

  const { only } = options;
  const names = only ? [only.plugin] : await listFolders(pluginsDirectory, report);
  const folders = await readFolders(names, pluginsDirectory, report);
  const appsPath = `${basename(pluginsDirectory)}/apps.json`;
  const appsText = only
    ? JSON.stringify({ apps: [only] })
    : await readIfPresent(join(pluginsDirectory, "apps.json"));
  const appsFile = parseAppsFile(appsText ?? '{ "apps": [] }', appsPath, report);
  for (const [index, { plugin }] of (appsFile?.listings ?? []).entries()) {
    if (names.includes(plugin)) continue;
    const place = appsFile?.document.placeOf(["apps", index, "plugin"]);
    report.faults.push({
      app: plugin,
      file: appsPath,
      ...place,
      message: "Listed, but there is no such folder",
    });
  }
  const links = appsFile ? await arrangeChain(folders, appsFile, appsPath, report) : [];
  const compiled = await Promise.all(folders.map((folder) => compileApp(folder, projectDirectory, report)));
  if (report.faults.length > 0) throw new CompileError(report.faults);

  const byFolder = new Map(compiled.map((app) => [app.folder.plugin, app]));
  const entries = links.map((link, index) =>
    registryEntry(link, index, byFolder.get(link.plugin)?.code ?? ""),
  );
  const libraries = resolve(options.librariesDirectory ?? join(APPS_DIRECTORY, "libraries"));
  const definition = join(APPS_DIRECTORY, "definition.ts");
  const changedFiles = await writeFiles(outDirectory, {
    "registry.js": emitRegistry(entries, compiled, { out: outDirectory, libraries }),
    "registry.d.ts": emitRegistryTypes({ out: outDirectory, definition }),
    "apps.schema.json": appsFileJsonSchema(),
    ...Object.fromEntries(compiled.map(({ folder, code }) => [appFile(folder.plugin), code])),
  });
  const apps = entries.map((entry) => compiledApp(entry, byFolder.get(entry.plugin)));
  return { apps, warnings: inReadingOrder(report.warnings), changedFiles };
}

function compiledApp(entry: RegistryEntry, compiled: CompiledFolder | undefined): CompiledApp {
  const { code = "", packages = [] } = compiled ?? {};
  return { ...entry, codeBytes: Buffer.byteLength(code), packages };
}

/** Names of the app folders, in alphabetical order. */
async function listFolders(pluginsDirectory: string, report: Report): Promise<string[]> {
  const names = await readdir(pluginsDirectory).catch(() => undefined);
  if (!names) report.faults.push({ file: basename(pluginsDirectory), message: "There is no such folder" });
  const folders: string[] = [];
  for (const name of names?.toSorted() ?? []) {
    if (name === "node_modules" || name.startsWith(".")) continue;
    if (!(await stat(join(pluginsDirectory, name))).isDirectory()) continue;
    folders.push(name);
    if (FOLDER_NAME.test(name)) continue;
    report.faults.push({
      app: name,
      file: `${basename(pluginsDirectory)}/${name}`,
      message: "The folder's name stands in keys and addresses",
      hint: "use letters, digits, dot, dash and underscore",
    });
  }
  return folders;
}

/** Folders with their manifests; one with a broken manifest is reported and left out. */
async function readFolders(
  names: readonly string[],
  pluginsDirectory: string,
  report: Report,
): Promise<AppFolder[]> {
  const folders = await Promise.all(
    names.map(async (plugin) => {
      const directory = join(pluginsDirectory, plugin);
      const file = `${basename(pluginsDirectory)}/${plugin}/plugin.json`;
      const manifest = await readManifest(plugin, directory, file, report);
      return manifest ? [{ plugin, directory, manifest }] : [];
    }),
  );
  return folders.flat();
}
