import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { writeAdminAssets } from "../compiler/admin-assets.ts";
import { writeAdminModule } from "../compiler/admin-module.ts";
import { writeGeoip } from "../compiler/geoip.ts";
import { UsageError } from "./run-command.ts";

/** The project's folder, with a trailing slash. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** What the compiler writes, as `#registry` and its like name it. */
const generated = join(root, "src/generated");

const run = promisify(execFile);

/** Settings of wrangler's own, so that it neither phones home nor looks for the location of this machine. */
export const quietWrangler = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
} as const;

/** Path of wrangler's program, to be run with this Node. */
export const wranglerProgram = join(
  dirname(createRequire(import.meta.url).resolve("wrangler/package.json")),
  "bin/wrangler.js",
);

/**
 * Bundles the Worker as `wrangler deploy` would upload it. Resolves to the path of the bundle; modules that it imports lie
 * beside it. With `registry` the apps are those of another folder than `plugins/`, compiled before, and `cities` is the file
 * of a City database that goes along. Rejects with `UsageError`, in wrangler's own words.
 */
export async function bundleWorker(
  outDirectory: string,
  registry?: string,
  cities?: string,
): Promise<string> {
  await writeAdminAssets(generated);
  await writeAdminModule(generated);
  if (registry) await writeGeoip(dirname(registry), cities);
  const config = registry ? await configFor(registry, outDirectory) : join(root, "wrangler.toml");
  const options = ["deploy", "--dry-run", "--config", config, "--outdir", outDirectory];
  await run(process.execPath, [wranglerProgram, ...options], {
    cwd: root,
    env: { ...process.env, ...quietWrangler },
  }).catch((error: { stdout?: string; stderr?: string; message: string }) => {
    throw new UsageError(
      `wrangler could not bundle the Worker:\n${error.stdout ?? ""}${error.stderr ?? error.message}`,
    );
  });
  return join(outDirectory, "worker.js");
}

/** The project's configuration with other apps, and without the build step that compiles `plugins/`. */
async function configFor(registry: string, outDirectory: string): Promise<string> {
  const text = await readFile(join(root, "wrangler.toml"), "utf8");
  const adapted = text
    .replace(/^\[build\]\n(?:.+\n)*/m, "")
    .replace(
      /^(main|base_dir) = "(.*)"$/gm,
      (_, name, path) => `${name} = ${JSON.stringify(join(root, path))}`,
    );
  const file = join(outDirectory, "wrangler.toml");
  await mkdir(outDirectory, { recursive: true });
  const aliases = { "#registry": registry, "#geoip": join(dirname(registry), "geoip.js") };
  const lines = Object.entries(aliases).map(([name, path]) => `"${name}" = ${JSON.stringify(path)}`);
  await writeFile(file, `${adapted}\n[alias]\n${lines.join("\n")}\n`);
  return file;
}

/** Bundles the entry of Node or Deno. Resolves to the path of the file to run. */
export async function bundleProcess(
  runtime: "node" | "deno",
  outDirectory: string,
  registry = join(generated, "registry.js"),
): Promise<string> {
  await writeAdminAssets(generated);
  await mkdir(outDirectory, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: [join(root, `src/${runtime}.ts`)],
    outdir: outDirectory,
    bundle: true,
    // The embedded stack, imported on demand, stays apart: with Upstash its packages need not be installed.
    splitting: runtime === "node",
    chunkNames: `${runtime}-[name]-[hash]`,
    format: "esm",
    platform: "node",
    target: "es2023",
    sourcemap: true,
    alias: { "#registry": registry },
    // They find files beside themselves, and so cannot be bundled.
    external: runtime === "node" ? ["js-redis-server", "lua-redis-wasm", "ioredis"] : [],
    // Packages that are CommonJS inside ask for `require`, which ES modules do not have.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    logLevel: "error",
  });
  return join(outDirectory, `${runtime}.js`);
}

/** The compatibility settings of `wrangler.toml`, for running a bundle without wrangler. */
export async function compatibility(): Promise<{ date: string; flags: string[] }> {
  const text = await readFile(join(root, "wrangler.toml"), "utf8");
  const date = /^compatibility_date = "([\d-]+)"/m.exec(text)?.[1];
  const flags = /^compatibility_flags = \[(.*)\]/m.exec(text)?.[1];
  if (!date || flags === undefined)
    throw new Error("wrangler.toml lacks compatibility_date or compatibility_flags");
  return { date, flags: [...flags.matchAll(/"([^"]+)"/g)].map(([, flag]) => String(flag)) };
}

/** Deno's program itself: signals would not pass through the launcher script of its npm package. */
export function denoProgram(): string {
  const directory = dirname(createRequire(import.meta.url).resolve("deno/package.json"));
  return join(directory, process.platform === "win32" ? "deno.exe" : "deno");
}
