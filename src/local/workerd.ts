import { type ChildProcess, spawn } from "node:child_process";
import { copyFile, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";

/** workerd must listen by then, or it is taken for broken. */
const START_TIMEOUT_MS = 20_000;

/** Path of the program; the package has no types. */
const program = (createRequire(import.meta.url)("workerd") as { default: string }).default;

/** A Worker's bundle running in workerd, as a process of its own on this machine. */
export interface RunningWorker {
  url: string;
  /** For measuring it. */
  pid: number;
  /** Fires a cron tick, and resolves when the Worker has done with it. */
  scheduled(timeMs: number): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a bundle in workerd itself, without wrangler around it: one process, as it is deployed. `log` sees each line
 * that the Worker writes. Rejects with workerd's own words when it does not start.
 */
export async function startWorker(options: {
  /** The file that wrangler built. */
  bundle: string;
  /** 0 for one that is free. */
  port: number;
  bindings: Readonly<Record<string, string>>;
  compatibility: { date: string; flags: readonly string[] };
  log: (line: string) => void;
  /** Where V8's inspector listens, on this machine; without it there is none. */
  inspectorPort?: number;
}): Promise<RunningWorker> {
  const directory = await mkdtemp(join(tmpdir(), "edgehog-workerd-"));
  await copyFile(options.bundle, join(directory, "worker.js"));
  const beside = await modulesBeside(options.bundle);
  for (const path of beside) await copyFile(path, join(directory, basename(path)));
  await writeFile(
    join(directory, "config.capnp"),
    configuration({ ...options, beside: beside.map((path) => basename(path)) }),
  );
  const flags = ["--experimental", "--control-fd=3"];
  if (options.inspectorPort) flags.push(`--inspector-addr=127.0.0.1:${options.inspectorPort}`);
  const child = spawn(program, ["serve", ...flags, "config.capnp"], {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const written: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on("line", (line) => {
      if (written.length < 50) written.push(line);
      options.log(line);
    });
  }
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  // Whoever started it may be broken off before it can stop it.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  void ended.then(() => process.off("exit", kill));
  const clean = async () => {
    await ended;
    await rm(directory, { recursive: true, force: true });
  };

  const ports = await listeningPorts(child).catch(async (error: Error) => {
    child.kill("SIGKILL");
    await clean();
    throw new Error(`${error.message}\n${written.join("\n")}`);
  });
  return {
    url: `http://127.0.0.1:${ports.http}`,
    pid: child.pid ?? 0,
    async scheduled(timeMs) {
      const response = await fetch(`http://127.0.0.1:${ports.cron}/?time=${timeMs}`);
      if (!response.ok) throw new Error(`the cron tick failed: ${await response.text()}`);
    },
    async kill() {
      child.kill("SIGKILL");
      await clean();
    },
    async stop() {
      child.kill("SIGTERM");
      await clean();
    },
  };
}

/** Paths of the files that a bundle imports: code and databases that wrangler left beside it. */
export async function modulesBeside(bundle: string): Promise<string[]> {
  const names = await readdir(dirname(bundle));
  return names
    .filter((name) => /\.(?:js|mmdb)$/.test(name) && name !== basename(bundle))
    .map((name) => join(dirname(bundle), name));
}

/** Reads from workerd's control channel which ports its two sockets got. */
function listeningPorts(child: ChildProcess): Promise<{ http: number; cron: number }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`workerd did not listen within ${START_TIMEOUT_MS / 1000} s`)),
      START_TIMEOUT_MS,
    );
    const settle = (end: () => void) => {
      clearTimeout(timer);
      end();
    };
    const ports: Record<string, number> = {};
    const control = child.stdio[3];
    if (!control || !("read" in control))
      return settle(() => reject(new Error("workerd has no control channel")));
    createInterface({ input: control }).on("line", (line) => {
      const message = JSON.parse(line) as { event?: string; socket?: string; port?: number };
      if (message.event !== "listen" || !message.socket) return;
      ports[message.socket] = message.port ?? 0;
      const { http, cron } = ports;
      if (http && cron) settle(() => resolve({ http, cron }));
    });
    child.once("exit", (code) => settle(() => reject(new Error(`workerd ended with code ${code}`))));
    child.once("error", (error) => settle(() => reject(error)));
  });
}

/** Cap'n Proto text: the gateway on one socket, and on another a Worker that fires its cron trigger. */
function configuration({
  port,
  bindings,
  compatibility,
  beside,
}: {
  port: number;
  /** Files that the bundle imports. */
  beside: readonly string[];
  bindings: Readonly<Record<string, string>>;
  compatibility: { date: string; flags: readonly string[] };
}): string {
  const text = (value: string) => JSON.stringify(value);
  const list = (items: readonly string[]) => `[${items.join(", ")}]`;
  const variables = Object.entries(bindings).map(
    ([name, value]) => `(name = ${text(name)}, text = ${text(value)})`,
  );
  const modules = ["worker.js", ...beside].map(
    (name) => `(name = ${text(name)}, ${name.endsWith(".js") ? "esModule" : "data"} = embed ${text(name)})`,
  );
  const cron = `export default { async fetch(request, { gateway }) {
    const { outcome } = await gateway.scheduled({ scheduledTime: new Date(Number(new URL(request.url).searchParams.get("time"))), cron: "* * * * *" });
    return new Response(outcome, { status: outcome === "ok" ? 200 : 500 });
  } };`;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "gateway", worker = (
      modules = ${list(modules)},
      compatibilityDate = ${text(compatibility.date)},
      compatibilityFlags = ${list(compatibility.flags.map(text))},
      bindings = ${list(variables)},
      globalOutbound = "network",
    )),
    (name = "cron", worker = (
      modules = [(name = "cron.js", esModule = ${text(cron)})],
      compatibilityDate = ${text(compatibility.date)},
      compatibilityFlags = ["service_binding_extra_handlers"],
      bindings = [(name = "gateway", service = "gateway")],
    )),
    (name = "network", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:${port}", http = (), service = "gateway"),
    (name = "cron", address = "127.0.0.1:0", http = (), service = "cron"),
  ],
);
`;
}
