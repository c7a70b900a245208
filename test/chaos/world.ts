import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { compatibility } from "../../src/commands/bundle.ts";
import { freePort } from "../../src/local/free-port.ts";
import { type RunningWorker, startWorker } from "../../src/local/workerd.ts";
import { type RedisServer, startRedisServer } from "../redis-server.ts";
import type { Faults } from "./faults.ts";
import type { Ledger } from "./ledger.ts";
import { startStackProcess } from "./stack-process.ts";
import { startSurroundings } from "./surroundings.ts";

export const TOKEN = "phc_chaos";

/** How long a process that was killed stays away. */
const DOWN_MS = 1000;
/** The last words of the gateway, for a run that fails. */
const KEPT_LINES = 200;
const QUIET_NOTE = "compatibility flag nodejs_compat became the default";

/** Processes that can be killed. */
export const processes = ["gateway", "stack", "redis"] as const;
export type ProcessName = (typeof processes)[number];

/** The whole system as processes: workerd, the embedded stack, a redis-server that writes everything to disk. */
export interface World {
  gatewayUrl: string;
  /** Where the gateway's inspector listens. */
  inspectorPort: number;
  pids(): Record<ProcessName, number>;
  /** Ends one with SIGKILL, and starts it again a second later. */
  crash(name: ProcessName): Promise<void>;
  /** A cron tick; what the gateway could not do of it the next one does. */
  tick(): Promise<void>;
  /** A connection of its own to the real Redis. */
  redis: Redis;
  /** What the gateway wrote last. */
  lines: string[];
  stop(): Promise<void>;
}

export async function startWorld(options: {
  bundle: string;
  ledger: Ledger;
  faults: Faults;
  speed: number;
}): Promise<World> {
  const finish: (() => unknown)[] = [];
  const stop = async () => {
    for (const end of finish.splice(0).toReversed()) await end();
  };
  try {
    return await start(options, finish, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  { bundle, ...options }: Parameters<typeof startWorld>[0],
  finish: (() => unknown)[],
  stop: () => Promise<void>,
): Promise<World> {
  const first = await startRedisServer({ appendOnly: true });
  let server: RedisServer = first;
  // The first one's stop removes the directory, and ends nothing when another has taken its place.
  finish.push(
    () => first.stop(),
    () => server.stop(),
  );
  const stack = await startStackProcess(first.url);
  finish.push(stack.stop);
  const port = await freePort();
  const inspectorPort = await freePort();
  const gatewayUrl = `http://127.0.0.1:${port}`;
  const around = await startSurroundings({
    ...options,
    redisUrl: stack.settings["UPSTASH_REDIS_REST_URL"] ?? "",
    qstashUrl: stack.settings["QSTASH_URL"] ?? "",
    gatewayUrl,
  });
  finish.push(around.stop);

  const lines: string[] = [];
  const bindings = {
    ...stack.settings,
    UPSTASH_REDIS_REST_URL: around.urls.redis,
    QSTASH_URL: around.urls.qstash,
    PUBLIC_URL: around.deliveryUrl,
    POSTHOG_HOST: around.urls.posthog,
    ORDERS_URL: around.urls.orders,
    WAREHOUSE_URL: around.urls.warehouse,
    ANNOUNCEMENTS_URL: around.urls.announcements,
    PROJECT_TOKENS: TOKEN,
    TASK_TIMEOUT_SECONDS: "5",
  };
  const launch = async () =>
    startWorker({
      bundle,
      port,
      inspectorPort,
      bindings,
      compatibility: await compatibility(),
      log(line) {
        if (line.includes(QUIET_NOTE)) return;
        lines.push(line);
        if (lines.length > KEPT_LINES) lines.shift();
      },
    });
  let worker: RunningWorker = await launch();
  finish.push(() => worker.stop());
  const redis = new Redis(first.url, { maxRetriesPerRequest: null });
  // Its faults are seen by the commands that fail.
  redis.on("error", () => {});
  finish.push(() => redis.disconnect());

  const crashes: Record<ProcessName, () => Promise<void>> = {
    async gateway() {
      await worker.kill();
      await sleep(DOWN_MS);
      worker = await launch();
    },
    async stack() {
      await stack.kill();
      await sleep(DOWN_MS);
      await stack.start();
    },
    async redis() {
      await server.kill();
      await sleep(DOWN_MS);
      server = await startRedisServer({
        appendOnly: true,
        directory: first.directory,
        port: Number(new URL(first.url).port),
      });
    },
  };
  return {
    gatewayUrl,
    inspectorPort,
    pids: () => ({ gateway: worker.pid, stack: stack.pid(), redis: server.pid }),
    crash: (name) => crashes[name](),
    tick: () => worker.scheduled(Date.now()).catch(() => {}),
    redis,
    lines,
    stop,
  };
}
