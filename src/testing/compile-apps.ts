import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { AppDefinition } from "../apps/definition.ts";
import { compile, type CompileOptions } from "../compiler/compile.ts";

/** Compiles a folder of apps as a deployment would; resolves to its registry. Throws `CompileError`. */
export function compileApps(pluginsDirectory: string): Promise<readonly AppDefinition[]> {
  return load({ pluginsDirectory });
}

/** Compiles one app's folder as a deployment would, listed like this in `apps.json`. Throws `CompileError`. */
export async function compileFolder(
  folder: string,
  listing: { config?: Readonly<Record<string, unknown>> },
): Promise<AppDefinition> {
  const directory = resolve(folder);
  const plugin = basename(directory);
  const [app] = await load({ pluginsDirectory: dirname(directory), only: { ...listing, plugin } });
  if (!app) throw new Error(`${directory} was compiled to nothing`);
  return app;
}

async function load(options: Omit<CompileOptions, "outDirectory">): Promise<readonly AppDefinition[]> {
  const outDirectory = await mkdtemp(join(tmpdir(), "edgehog-registry-"));
  try {
    await compile({ ...options, outDirectory });
    const registry = (await import(pathToFileURL(join(outDirectory, "registry.js")).href)) as {
      apps: readonly AppDefinition[];
    };
    return registry.apps;
  } finally {
    await rm(outDirectory, { recursive: true });
  }
}
