import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { writeAdminAssets } from "./admin-assets.ts";
import { writeAdminModule } from "./admin-module.ts";
import { writeGeoip } from "./geoip.ts";
import { type CompiledApp, CompileError, checkStartUp, compile, describeFault } from "./index.ts";
import { describePackage } from "./known-packages.ts";

const usage = `Usage: node src/compiler/main.ts [--plugins plugins] [--out src/generated] [--worker] [--check-start-up <bundle>]

Compiles the apps of a folder into a static registry, and the admin into a module for Workers; prints one line per app.
  --plugins         the folder of apps, with apps.json
  --out             receives registry.js and the admin
  --worker          also takes along the City database that GEOIP_DATABASE names, as a Worker has no files
  --check-start-up  loads a finished bundle with timers, random values, clock and network forbidden, and does nothing else

Exits with 1 when something has to be mended, 2 when it was called wrongly.
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const bundle = options["check-start-up"];
  if (bundle !== undefined) return check(bundle);
  return (
    (await bundleAdmin(options.out)) ||
    (await bundleGeoip(options.out, options.worker)) ||
    compileApps(options.plugins, options.out)
  );
}

function readOptions(args: string[]) {
  return parseArgs({
    args,
    options: {
      plugins: { type: "string", default: "plugins" },
      out: { type: "string", default: "src/generated" },
      worker: { type: "boolean", default: false },
      "check-start-up": { type: "string" },
      help: { type: "boolean", default: false },
    },
  }).values;
}

async function compileApps(pluginsDirectory: string, outDirectory: string): Promise<number> {
  try {
    const { apps, warnings } = await compile({ pluginsDirectory, outDirectory });
    for (const warning of warnings) console.warn(`warning: ${describeFault(warning)}`);
    for (const app of apps) console.log(describeApp(app));
    return 0;
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    console.error(error.message);
    if (!isRebuild(outDirectory)) return 1;
    console.error("The apps as they were before this change go on running.");
    return 0;
  }
}

async function bundleAdmin(outDirectory: string): Promise<number> {
  try {
    await writeAdminAssets(outDirectory);
    await writeAdminModule(outDirectory);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return isRebuild(outDirectory) ? 0 : 1;
  }
}

async function bundleGeoip(outDirectory: string, isWorker: boolean): Promise<number> {
  try {
    const warning = await writeGeoip(outDirectory, isWorker ? process.env["GEOIP_DATABASE"] : undefined);
    if (warning) console.warn(`warning: ${warning}`);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

/** `wrangler dev` ends with a failed build; a typing error must not end the session of the person who makes it. */
function isRebuild(outDirectory: string): boolean {
  return process.env["WRANGLER_COMMAND"] === "dev" && existsSync(join(outDirectory, "registry.js"));
}

async function check(bundle: string): Promise<number> {
  const fault = await checkStartUp(bundle, process.cwd());
  if (fault) console.error(describeFault(fault));
  return fault ? 1 : 0;
}

/** `1. Hello World (hello) enabled, 3 KB, packages lodash` */
function describeApp({ id, name, plugin, enabled, codeBytes, packages }: CompiledApp): string {
  const parts = [
    `${id}. ${name} (${plugin}) ${enabled ? "enabled" : "disabled"}`,
    `${Math.ceil(codeBytes / 1024)} KB`,
    ...(packages.length > 0 ? [`packages ${packages.map(describePackage).join(", ")}`] : []),
  ];
  return parts.join(", ");
}
