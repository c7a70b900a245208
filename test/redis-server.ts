import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../src/local/free-port.ts";
import { requireProgram } from "./requirements.ts";

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;
const PROBE_TIMEOUT_MS = 1_000;
const PROBE_INTERVAL_MS = 20;
/** Another process may take the free port between our asking for it and the server's binding it. */
const MAX_START_ATTEMPTS = 5;
const MAX_LOG_CHARACTERS = 4_000;

export interface RedisServer {
  /** `redis://127.0.0.1:<port>` */
  readonly url: string;
  readonly directory: string;
  readonly pid: number;
  /** Ends it orderly (SIGTERM), then removes the directory if this call made it. Safe to repeat, also after `kill`. */
  stop(): Promise<void>;
  /** Ends it as a power cut would (SIGKILL) and keeps the directory, so that a next start can be given it. */
  kill(): Promise<void>;
}

/**
 * Starts a real redis-server on a free port of 127.0.0.1, or on `port`, and resolves once it answers PING.
 *
 * Without `directory` it works in a fresh temporary one. With `appendOnly` every write is on disk before it is answered
 * (`appendfsync always`), so that `kill()` and a start on the same directory lose nothing. Throws with the server's own
 * output when it does not come up. Costs a process; the caller must `stop()` it.
 */
export async function startRedisServer(
  options: { appendOnly?: boolean; directory?: string; port?: number } = {},
): Promise<RedisServer> {
  const program = requireProgram("redis-server");
  if (program === null) {
    throw new Error('redis-server is not installed: guard the test with requireProgram("redis-server").');
  }
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "edgehog-redis-")));
  const { server, port } = await startOnPort(options.port, program, directory, options.appendOnly === true);
  return {
    url: `redis://127.0.0.1:${port}`,
    directory,
    pid: server.pid ?? 0,
    async stop() {
      await end(server, "SIGTERM");
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
    },
    kill: () => end(server, "SIGKILL"),
  };
}

async function startOnPort(
  given: number | undefined,
  program: string,
  directory: string,
  appendOnly: boolean,
) {
  let output = "";
  for (let attempt = 0; attempt < MAX_START_ATTEMPTS; attempt++) {
    const port = given ?? (await freePort());
    const server = spawn(program, serverArguments(port, directory, appendOnly), {
      stdio: ["ignore", "pipe", "pipe"],
    });
    endWithThisProcess(server);
    output = "";
    const collect = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-MAX_LOG_CHARACTERS));
    server.stdout.on("data", collect);
    server.stderr.on("data", collect);
    server.on("error", (error) => (output += error.message));
    if (await answersPing(server, port)) return { server, port };
    await end(server, "SIGKILL");
  }
  throw new Error(
    `redis-server did not start in ${directory} after ${MAX_START_ATTEMPTS} attempts. Its output: ${output}`,
  );
}

function serverArguments(port: number, directory: string, appendOnly: boolean): string[] {
  const persistence = appendOnly
    ? ["--appendonly", "yes", "--appendfsync", "always"]
    : ["--appendonly", "no"];
  return [
    "--port",
    `${port}`,
    "--bind",
    "127.0.0.1",
    "--dir",
    directory,
    "--save",
    "",
    "--daemonize",
    "no",
    ...persistence,
  ];
}

/** A run that is broken off, or fails before its stop(), leaves no server behind. */
function endWithThisProcess(server: ChildProcess): void {
  const kill = () => server.kill("SIGKILL");
  process.once("exit", kill);
  server.once("exit", () => process.off("exit", kill));
}

async function answersPing(server: ChildProcess, port: number): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && isRunning(server)) {
    if (await ping(port)) return isRunning(server);
    await delay(PROBE_INTERVAL_MS);
  }
  return false;
}

/** PONG only once the append-only file is loaded; before that the server answers LOADING. */
function ping(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    const settle = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => settle(false));
    socket.once("error", () => settle(false));
    socket.once("data", (reply) => settle(reply.toString().startsWith("+PONG")));
  });
}

function isRunning(server: ChildProcess): boolean {
  return server.pid !== undefined && server.exitCode === null && server.signalCode === null;
}

async function end(server: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (!isRunning(server)) return;
  const exited = once(server, "exit");
  server.kill(signal);
  const forced = setTimeout(() => server.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(forced);
}
