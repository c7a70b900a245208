import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { freePort } from "../../src/local/free-port.ts";
import { requireProgram } from "../requirements.ts";

const START_TIMEOUT_MS = 30_000;
const PROBE_INTERVAL_MS = 50;
const MAX_LOG_CHARACTERS = 4_000;

/** Debian keeps each version's programs in a folder of its own, off PATH. */
const DEBIAN_VERSIONS = "/usr/lib/postgresql";

const run = promisify(execFile);

export interface PostgresServer {
  /** With a password (SCRAM), as a superuser. */
  readonly url: string;
  readonly port: number;
  readonly password: string;
  /** Runs SQL beside whatever is tested; resolves to the rows. */
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Ends it, which cuts all connections, and starts it again on the same port with what it had. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Path of PostgreSQL's server program, or null after a line that says what is not checked without it. */
export function requirePostgres(): string | null {
  return requireProgram("postgres", debianPlaces());
}

function debianPlaces(): string[] {
  try {
    return readdirSync(DEBIAN_VERSIONS).map((version) => join(DEBIAN_VERSIONS, version, "bin"));
  } catch {
    // Not Debian, or not installed there: PATH decides.
    return [];
  }
}

/**
 * Starts a PostgreSQL server in a fresh temporary directory, on a free port of 127.0.0.1, with TLS by a certificate that
 * nobody has signed. As root it runs as the user `postgres`, since the server refuses to be root. Rejects with the
 * server's own output when it does not come up. Costs about two seconds; the caller must `stop()` it.
 */
export async function startPostgres(): Promise<PostgresServer> {
  const program = requirePostgres();
  if (program === null) throw new Error("postgres is not installed: guard the test with requirePostgres().");
  const directory = await mkdtemp(join(tmpdir(), "edgehog-postgres-"));
  const owner = await unprivilegedOwner();
  if (owner) await chown(directory, owner.uid, owner.gid);
  const password = "a-password-of-tests";
  const files = { data: join(directory, "data"), password: join(directory, "password") };
  await writeFile(files.password, password, { mode: 0o644 });
  await run(
    join(dirname(program), "initdb"),
    ["-D", files.data, "-U", "edgehog", "--pwfile", files.password, "--auth", "scram-sha-256", "--no-sync"],
    { ...owner, cwd: directory },
  );
  await makeCertificate(files.data, owner);

  const port = await freePort();
  const url = `postgres://edgehog:${password}@127.0.0.1:${port}/postgres`;
  const start = () => startServer(program, files.data, directory, port, url, owner);
  let server = await start();
  return {
    url,
    port,
    password,
    sql: (text, values) => query(url, text, values),
    async restart() {
      await end(server);
      server = await start();
    },
    async stop() {
      await end(server);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

type Owner = { uid: number; gid: number } | undefined;

async function unprivilegedOwner(): Promise<Owner> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (option: string) => Number((await run("id", [option, "postgres"])).stdout);
  return { uid: await id("-u"), gid: await id("-g") };
}

/** The server takes `server.crt` and `server.key` of its data directory. */
async function makeCertificate(data: string, owner: Owner): Promise<void> {
  const options = [
    "req",
    "-x509",
    "-addext",
    "subjectAltName=DNS:localhost,IP:127.0.0.1",
    "-addext",
    "basicConstraints=critical,CA:FALSE",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    "-subj",
    "/CN=localhost",
  ];
  await run("openssl", [...options, "-keyout", "server.key", "-out", "server.crt"], { ...owner, cwd: data });
}

async function startServer(
  program: string,
  data: string,
  directory: string,
  port: number,
  url: string,
  owner: Owner,
): Promise<ChildProcess> {
  const settings = [
    "listen_addresses=127.0.0.1",
    "ssl=on",
    "fsync=off",
    `unix_socket_directories=${directory}`,
  ];
  const server = spawn(program, ["-D", data, "-p", `${port}`, ...settings.flatMap((text) => ["-c", text])], {
    ...owner,
    cwd: directory,
    stdio: ["ignore", "ignore", "pipe"],
  });
  endWithThisProcess(server);
  let output = "";
  const collect = (text: string) => (output = (output + text).slice(-MAX_LOG_CHARACTERS));
  server.stderr.setEncoding("utf8").on("data", collect);
  server.on("error", (error) => collect(error.message));

  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && isRunning(server)) {
    const isUp = await query(url, "SELECT 1").then(
      () => true,
      () => false,
    );
    if (isUp) return server;
    await delay(PROBE_INTERVAL_MS);
  }
  await end(server);
  throw new Error(`postgres did not start in ${directory}. Its output: ${output}`);
}

async function query(url: string, text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, application_name: "beside" });
  try {
    await client.connect();
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** A run that is broken off, or fails before its stop(), leaves no server behind. */
function endWithThisProcess(server: ChildProcess): void {
  const quit = () => server.kill("SIGQUIT");
  process.once("exit", quit);
  server.once("exit", () => process.off("exit", quit));
}

function isRunning(server: ChildProcess): boolean {
  return server.pid !== undefined && server.exitCode === null && server.signalCode === null;
}

/** SIGINT is PostgreSQL's fast shutdown: connections are cut, nothing is lost. */
async function end(server: ChildProcess): Promise<void> {
  if (!isRunning(server)) return;
  const exited = once(server, "exit");
  server.kill("SIGINT");
  await exited;
}
