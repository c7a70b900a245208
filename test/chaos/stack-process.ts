import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { root } from "../../src/commands/bundle.ts";
import { freePort } from "../../src/local/free-port.ts";

const START_TIMEOUT_MS = 30_000;

/** The embedded Redis REST and QStash servers as a process of their own, over a real Redis. */
export interface StackProcess {
  /** The gateway's settings for it. They stay the same when it is started again. */
  settings: Readonly<Record<string, string>>;
  pid(): number;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again at the same addresses. Rejects when its Redis is not there. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startStackProcess(redisUrl: string): Promise<StackProcess> {
  const ports = { redis: await freePort(), qstash: await freePort() };
  let running = await launch(redisUrl, ports);
  return {
    settings: running.settings,
    pid: () => running.child.pid ?? 0,
    kill: () => end(running.child, "SIGKILL"),
    async start() {
      running = await launch(redisUrl, ports);
    },
    stop: () => end(running.child, "SIGTERM"),
  };
}

async function launch(redisUrl: string, ports: { redis: number; qstash: number }) {
  const program = ["src/local/main.ts", "--redis-port", `${ports.redis}`, "--qstash-port", `${ports.qstash}`];
  const child = spawn(process.execPath, program, {
    cwd: root,
    env: { ...process.env, REDIS_URL: redisUrl },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));

  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => (complaint = (complaint + chunk).slice(-2000)));
  const settings: Record<string, string> = {};
  return new Promise<{ child: ChildProcess; settings: Record<string, string> }>((resolve, reject) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), START_TIMEOUT_MS);
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`the embedded stack ended with ${code}: ${complaint}`));
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) settings[name] = value;
      if (line !== "ready") return;
      clearTimeout(timer);
      resolve({ child, settings });
    });
  });
}

async function end(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}
