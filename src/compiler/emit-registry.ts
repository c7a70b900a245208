import { createHash } from "node:crypto";
import { join, relative, sep } from "node:path";
import type { AppDefinition } from "../apps/definition.ts";
import type { ChainLink } from "./chain.ts";
import type { CompiledFolder } from "./compile-app.ts";
import { HOST_LIBRARIES, type Supply } from "./libraries.ts";

const VERSION_LENGTH = 12;

/** What the registry holds of an app, apart from its code. */
export type RegistryEntry = Omit<AppDefinition, "createApp">;

/** One link as the registry lists it. The version changes with the code and with what is configured, and with nothing else. */
export function registryEntry(link: ChainLink, index: number, code: string): RegistryEntry {
  const { plugin, folder, enabled, projects, config, attachments, sequential, whilePending, logLevel } = link;
  const identity = JSON.stringify([code, config, attachments]);
  return {
    plugin,
    id: index + 1,
    name: folder.manifest.name || plugin,
    version: createHash("sha256").update(identity).digest("hex").slice(0, VERSION_LENGTH),
    enabled,
    ...(projects ? { projects } : {}),
    manifest: folder.manifest,
    config,
    attachments,
    sequential,
    whilePending,
    ...(logLevel ? { logLevel } : {}),
  };
}

/**
 * Writes `registry.js`: the apps in chain order, with the host libraries that at least one of them imports.
 */
export function emitRegistry(
  entries: readonly RegistryEntry[],
  compiled: readonly CompiledFolder[],
  directories: { out: string; libraries: string },
): string {
  const factories = new Map(compiled.map(({ folder }, index) => [folder.plugin, `createApp${index + 1}`]));
  const libraries = [...new Set(compiled.flatMap((app) => app.libraries))]
    .filter((name) => HOST_LIBRARIES[name]?.from !== "host")
    .toSorted()
    .map((name, index) => emitLibrary(name, `library${index + 1}`, directories));
  const lines = [
    "// Written by src/compiler. Edits are overwritten.",
    ...compiled.map(
      ({ folder: { plugin } }) =>
        `import { createApp as ${factories.get(plugin)} } from ${JSON.stringify(`./${appFile(plugin)}`)};`,
    ),
    ...libraries.map(({ statement }) => statement),
    "",
    "const libraries = {",
    ...libraries.map(({ entry }) => `  ${entry},`),
    "};",
    "",
    "const withLibraries = (createApp) => (host) =>",
    "  createApp({ ...host, library: (name) => host.libraries[name] ?? host.copyLibrary(libraries[name]()) });",
    "",
    "export const apps = [",
    ...entries.map((entry) => {
      const factory = factories.get(entry.plugin);
      return `  { ...${JSON.stringify(entry)}, createApp: withLibraries(${factory}) },`;
    }),
    "];",
  ];
  return `${lines.join("\n")}\n`;
}

/** Types of the registry. */
export function emitRegistryTypes(directories: { out: string; definition: string }): string {
  return [
    "// Written by src/compiler. Edits are overwritten.",
    `import type { AppDefinition } from ${JSON.stringify(moduleSpecifier(directories.out, directories.definition))};`,
    "export declare const apps: readonly AppDefinition[];",
    "",
  ].join("\n");
}

/** Path of an app's module, relative to the registry. */
export function appFile(plugin: string): string {
  return `apps/${plugin}.js`;
}

/**
 * The import of a host library, and its entry among the libraries: a function that gives what CommonJS would export, called
 * once for each instance that asks for it. For a module of the gateway that is its default export with the named ones on
 * it, or without a default, the namespace.
 */
function emitLibrary(
  name: string,
  variable: string,
  directories: { out: string; libraries: string },
): { statement: string; entry: string } {
  const supply = HOST_LIBRARIES[name];
  if (!supply || supply.from === "host") throw new Error(`No supply for the host library ${name}`);
  const key = JSON.stringify(name);
  if (supply.from === "node") {
    return {
      statement: `import ${variable} from ${JSON.stringify(supply.module)};`,
      entry: `${key}: () => ${variable}`,
    };
  }
  const specifier = moduleSpecifier(directories.out, join(directories.libraries, supply.file));
  return {
    statement: `import * as ${variable} from ${JSON.stringify(specifier)};`,
    entry: `${key}: ${supplied(supply, variable)}`,
  };
}

function supplied({ hasDefault, perInstance }: Supply & { from: "gateway" }, variable: string): string {
  if (perInstance) return `${variable}.default`;
  return `() => ${hasDefault ? `Object.assign(${variable}.default, ${variable})` : variable}`;
}

function moduleSpecifier(fromDirectory: string, file: string): string {
  const path = relative(fromDirectory, file).split(sep).join("/");
  return path.startsWith(".") ? path : `./${path}`;
}
