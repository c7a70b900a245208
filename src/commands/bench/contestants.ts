import { cp, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { compile } from "../../compiler/index.ts";
import { modulesBeside } from "../../local/workerd.ts";
import { bundleWorker, root } from "../bundle.ts";

/** A bundle that is measured: the bare Worker, or the gateway with certain apps. */
export interface Contestant {
  name: string;
  /** The file that workerd runs. */
  bundle: string;
  bytes: number;
  gzipBytes: number;
}

/** The gateway's cases: which apps it runs, as in `plugins/apps.json`. */
const cases = [
  { name: "no apps", apps: [] },
  {
    name: "2 apps",
    apps: [
      { plugin: "property-filter", config: { properties: "$device_id, $window_id, email", removeIp: "no" } },
      { plugin: "url-normaliser" },
    ],
  },
  {
    name: "2 + cache",
    apps: [
      { plugin: "property-filter", config: { properties: "$device_id, $window_id, email", removeIp: "no" } },
      { plugin: "url-normaliser" },
      { plugin: "first-time-event" },
    ],
  },
] as const;

/** So many that what the chain does for them stands out from what a request costs anyway. */
const IDLE_APPS = 20;

/** Builds the bare Worker and the gateway's cases into `directory`. A few seconds. Throws when an app is not in `plugins/`. */
export async function buildContestants(directory: string): Promise<{
  bare: Contestant;
  gateways: readonly [Contestant, ...Contestant[]];
  idle: { contestant: Contestant; apps: number };
}> {
  const bare = join(directory, "bare.js");
  await build({
    entryPoints: [join(root, "src/commands/bench/bare.ts")],
    outfile: bare,
    bundle: true,
    format: "esm",
    target: "es2023",
    external: ["node:*"],
    logLevel: "error",
  });
  const [first, ...others] = cases;
  const gateway = async ({ name, apps }: (typeof cases)[number]) =>
    contestant(name, await buildGateway(join(directory, name), apps));
  const gateways: [Contestant, ...Contestant[]] = [await gateway(first)];
  for (const other of others) gateways.push(await gateway(other));
  const idle = await contestant(`${IDLE_APPS} idle`, await buildIdleGateway(join(directory, "idle")));
  return {
    bare: await contestant("bare Worker", bare),
    gateways,
    idle: { contestant: idle, apps: IDLE_APPS },
  };
}

/** The gateway with apps that hand every event on as it is. */
async function buildIdleGateway(directory: string): Promise<string> {
  const plugins = join(directory, "plugins");
  const apps = Array.from({ length: IDLE_APPS }, (_, index) => ({ plugin: `idle${index + 1}` }));
  for (const { plugin } of apps) {
    await mkdir(join(plugins, plugin), { recursive: true });
    await writeFile(join(plugins, plugin, "index.js"), "export const processEvent = (event) => event;\n");
  }
  return bundleGateway(directory, apps);
}

/** Compiles copies of the apps alone, since the compiler takes every folder that it finds. */
async function buildGateway(
  directory: string,
  apps: readonly { plugin: string; config?: object }[],
): Promise<string> {
  const plugins = join(directory, "plugins");
  await mkdir(plugins, { recursive: true });
  for (const { plugin } of apps) {
    const source = join(root, "plugins", plugin);
    await stat(source).catch(() => {
      throw new Error(
        `plugins/${plugin} is not there: the benchmark runs this app, bring it back to measure`,
      );
    });
    await cp(source, join(plugins, plugin), { recursive: true });
  }
  return bundleGateway(directory, apps);
}

/** Compiles the apps in `plugins` of a directory, in this order, and bundles the gateway with them. */
async function bundleGateway(directory: string, apps: readonly object[]): Promise<string> {
  const plugins = join(directory, "plugins");
  await writeFile(join(plugins, "apps.json"), JSON.stringify({ apps }));
  await compile({ pluginsDirectory: plugins, outDirectory: join(directory, "registry") });
  return bundleWorker(join(directory, "worker"), join(directory, "registry/registry.js"));
}

async function contestant(name: string, bundle: string): Promise<Contestant> {
  const files = [bundle, ...(await modulesBeside(bundle))];
  const code = Buffer.concat(await Promise.all(files.map((file) => readFile(file))));
  return { name, bundle, bytes: code.byteLength, gzipBytes: gzipSync(code).byteLength };
}
