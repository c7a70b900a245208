import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { bundleProcess, bundleWorker, compatibility, denoProgram } from "../../src/commands/bundle.ts";
import { compile } from "../../src/compiler/index.ts";
import { startWorker } from "../../src/local/workerd.ts";

export type RuntimeName = "workerd" | "node" | "deno";

/** The gateway as a process of its own, made of the bundle that a deployment would run. */
export interface RunningGateway {
  url: string;
  /** Lines that the process wrote. */
  lines: string[];
  /** What Cloudflare's cron does every minute; Node and Deno do it themselves. */
  tick(): Promise<void>;
  stop(): Promise<void>;
}

/** One that signals reach. */
export interface RunningProcess extends Omit<RunningGateway, "stop" | "tick"> {
  signal(name: NodeJS.Signals): void;
  /** Null as long as it runs. */
  exitCode(): number | null;
  /** Resolves to the code with which it ends; null when a signal did it. */
  ended: Promise<number | null>;
}

const START_TIMEOUT_MS = 30_000;

/** Bundles a folder of apps with the gateway for a runtime. */
export async function buildBundle(runtime: RuntimeName, pluginsDirectory: string) {
  const directory = await mkdtemp(join(tmpdir(), `edgehog-${runtime}-`));
  await compile({ pluginsDirectory, outDirectory: join(directory, "registry") });
  const registry = join(directory, "registry/registry.js");
  const bundle =
    runtime === "workerd"
      ? await bundleWorker(join(directory, "worker"), registry)
      : await bundleProcess(runtime, directory, registry);
  return { bundle, remove: () => rm(directory, { recursive: true, force: true }) };
}

export async function startGateway(
  runtime: RuntimeName,
  bundle: string,
  port: number,
  settings: Record<string, string>,
): Promise<RunningGateway> {
  if (runtime === "workerd") {
    const lines: string[] = [];
    const worker = await startWorker({
      bundle,
      port,
      bindings: settings,
      compatibility: await compatibility(),
      log: (line) => lines.push(line),
    });
    return { url: worker.url, lines, tick: () => worker.scheduled(Date.now()), stop: worker.stop };
  }
  const { url, lines, signal, ended } = await startProcess(runtime, bundle, port, settings);
  return {
    url,
    lines,
    tick: async () => {},
    async stop() {
      signal("SIGTERM");
      await ended;
    },
  };
}

export async function startProcess(
  runtime: "node" | "deno",
  bundle: string,
  port: number,
  settings: Record<string, string>,
): Promise<RunningProcess> {
  const lines: string[] = [];
  const [program, args] =
    runtime === "node"
      ? [process.execPath, [bundle]]
      : [denoProgram(), ["run", "--allow-all", "--unstable-cron", bundle]];
  const child = spawn(program, args, {
    env: { ...process.env, ...settings, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit").then(([code]) => code as number | null);
  await listening(child, lines);
  return {
    url: `http://127.0.0.1:${port}`,
    lines,
    signal: (name) => void child.kill(name),
    exitCode: () => child.exitCode,
    ended,
  };
}

function listening(child: ChildProcess, lines: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`the gateway ${why}:\n${lines.join("\n")}`));
    const timer = setTimeout(() => fail("did not start"), START_TIMEOUT_MS);
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        if (!line.startsWith("Edgehog listens")) return;
        clearTimeout(timer);
        resolve();
      });
    }
    child.once("exit", (code) => {
      clearTimeout(timer);
      fail(`ended with code ${code}`);
    });
  });
}
