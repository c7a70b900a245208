import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { serve } from "@hono/node-server";
import type { AppDefinition } from "../src/apps/definition.ts";
import type { LogEntry } from "../src/apps/log.ts";
import type { LocateInDatabase } from "../src/apps/meta/geoip.ts";
import { compile } from "../src/compiler/compile.ts";
import type { DeadLetter } from "../src/delivery/dead-letters.ts";
import { createGateway, type Gateway } from "../src/gateway.ts";
import { createQStash, type QStash } from "../src/local/qstash/qstash.ts";
import { createMemoryBackend } from "../src/local/redis/memory.ts";
import { createRedisRest, type RedisRest } from "../src/local/redis/rest.ts";
import { readSettings } from "../src/settings.ts";
import { createFakeClock, type FakeClock } from "./clock.ts";
import { type Recorder, startRecorder } from "./recorder.ts";

/** An event as PostHog gets it. */
export interface DeliveredEvent {
  uuid: string;
  event: string;
  distinct_id: string;
  timestamp: string;
  properties: Record<string, unknown>;
  $set?: Record<string, unknown>;
  $set_once?: Record<string, unknown>;
}

/** The whole gateway on real sockets, over the embedded stack, on a clock that the test moves. */
export interface TestGateway {
  url: string;
  token: string;
  adminToken: string;
  clock: FakeClock;
  /** A cron tick. */
  scheduled(timeMs: number): Promise<void>;
  posthog: Recorder;
  qstash: QStash;
  redis: RedisRest;
  log: LogEntry[];
  /** Sends events in one request; resolves to the answer. */
  capture(...events: Record<string, unknown>[]): Promise<Response>;
  /** Delivers everything that is due by the clock, and what follows from it at once. */
  settle(): Promise<void>;
  /** Moves the clock through every delivery due on the way. */
  advance(milliseconds: number): Promise<void>;
  /** Runs a Redis command beside the gateway, to look at what it keeps. */
  redisCommand(...command: string[]): Promise<unknown>;
  deadLetters(): Promise<DeadLetter[]>;
  /** What PostHog has received, in order. */
  delivered(): DeliveredEvent[];
  /** Ends the gateway's apps as a shutdown does. */
  tearDown(): Promise<void>;
  /** Makes the gateway's Redis refuse everything, or not any more. QStash keeps what it has. */
  setRedisAway(away: boolean): void;
  /** Starts the gateway afresh over the same Redis and QStash, as a new isolate would. */
  restart(): void;
  stop(): Promise<void>;
}

/** Compiles a folder of apps as a deployment would; resolves to its registry. */
export async function compileApps(pluginsDirectory: string): Promise<readonly AppDefinition[]> {
  const outDirectory = await mkdtemp(join(tmpdir(), "edgehog-registry-"));
  try {
    await compile({ pluginsDirectory, outDirectory });
    const registry = (await import(pathToFileURL(join(outDirectory, "registry.js")).href)) as {
      apps: readonly AppDefinition[];
    };
    return registry.apps;
  } finally {
    await rm(outDirectory, { recursive: true });
  }
}

export async function startTestGateway(options: {
  apps: readonly AppDefinition[];
  settings?: Record<string, string>;
  /** A City database; without one, it knows a single address. */
  locate?: LocateInDatabase;
}): Promise<TestGateway> {
  const token = "phc_test";
  const adminToken = "an-admin-token-for-tests";
  const clock = createFakeClock();
  const posthog = await startRecorder();
  const backend = createMemoryBackend();
  const redis = createRedisRest({ backend, token: "redis-token" });
  const qstashKeys = {
    currentSigningKey: "sig_current_for_tests_only",
    nextSigningKey: "sig_next_for_tests_only",
  };
  const qstash = createQStash({ backend, token: "qstash-token", ...qstashKeys, clock });

  const log: LogEntry[] = [];
  const background = new Set<Promise<unknown>>();
  const waitUntil = (promise: Promise<unknown>) => {
    background.add(promise);
    void promise.finally(() => background.delete(promise));
  };
  let gateway: Gateway | undefined;
  let redisAway = false;
  const servers = await Promise.all([
    listen((request) => (redisAway ? new Response("away", { status: 503 }) : redis.fetch(request))),
    listen((request) => qstash.fetch(request)),
    listen(async (request) => {
      const ip = request.headers.get("CF-Connecting-IP") ?? "127.0.0.1";
      const location = ip === "203.0.113.7" ? { ip, city: "Platform" } : null;
      const client = { ip, location };
      return (await gateway?.fetch(request, { client, waitUntil })) ?? new Response(null, { status: 503 });
    }),
  ]);
  const [redisServer, qstashServer, gatewayServer] = servers;
  const environment = {
    PROJECT_TOKENS: token,
    PUBLIC_URL: gatewayServer.url,
    POSTHOG_HOST: posthog.url,
    UPSTASH_REDIS_REST_URL: redisServer.url,
    UPSTASH_REDIS_REST_TOKEN: "redis-token",
    QSTASH_URL: qstashServer.url,
    QSTASH_TOKEN: "qstash-token",
    QSTASH_CURRENT_SIGNING_KEY: qstashKeys.currentSigningKey,
    QSTASH_NEXT_SIGNING_KEY: qstashKeys.nextSigningKey,
    ADMIN_TOKEN: adminToken,
    ...options.settings,
  };
  const parsed = readSettings(environment);
  if ("faults" in parsed) throw new Error(parsed.faults.join("\n"));
  const restart = () => {
    gateway = createGateway({
      runtime: "node",
      apps: options.apps,
      settings: parsed.settings,
      environment,
      durability: "memory",
      now: () => new Date(clock.now()),
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
      fetch: (input, init) => fetch(input, init),
      assetCache: null,
      locate: options.locate ?? knowOneAddress,
      write: (line) => log.push(JSON.parse(line) as LogEntry),
    });
  };
  restart();

  const redisCommand = async (...command: string[]) => {
    const response = await fetch(redisServer.url, {
      method: "POST",
      headers: { Authorization: "Bearer redis-token" },
      body: JSON.stringify(command),
    });
    return ((await response.json()) as { result: unknown }).result;
  };
  const settle = async () => {
    do {
      while (background.size > 0) await Promise.all(background);
    } while ((await qstash.deliverDue()) > 0 || background.size > 0);
  };
  return {
    url: gatewayServer.url,
    token,
    adminToken,
    clock,
    scheduled: (timeMs) => gateway?.scheduled(timeMs) ?? Promise.resolve(),
    posthog,
    qstash,
    redis,
    log,
    settle,
    setRedisAway(away) {
      redisAway = away;
    },
    restart,
    redisCommand,
    async deadLetters() {
      const names = (await redisCommand("KEYS", "dead:entry:*")) as string[];
      return Promise.all(names.map(async (name) => JSON.parse(String(await redisCommand("GET", name)))));
    },
    capture: (...events) =>
      fetch(`${gatewayServer.url}/batch/`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ api_key: token, batch: events }),
      }),
    async advance(milliseconds) {
      const end = clock.now() + milliseconds;
      for (;;) {
        const next = await qstash.nextDueAt();
        if (next === null || next > end) break;
        clock.set(Math.max(next, clock.now()));
        await settle();
      }
      clock.set(end);
      await settle();
    },
    delivered: () =>
      posthog.requests.flatMap(({ json }) => (json as { batch?: DeliveredEvent[] } | undefined)?.batch ?? []),
    tearDown: async () => gateway?.stop(waitUntil),
    async stop() {
      await settle();
      await Promise.all([...servers.map((server) => server.stop()), posthog.stop()]);
      await backend.close();
    },
  };
}

const knowOneAddress: LocateInDatabase = (ip) =>
  ip === "198.51.100.1" ? { city: { names: { en: "Database" } } } : null;

async function listen(handler: (request: Request) => Response | Promise<Response>) {
  const { promise, resolve } = Promise.withResolvers<AddressInfo>();
  const server = serve({ hostname: "127.0.0.1", port: 0, fetch: handler }, resolve);
  const { port } = await promise;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise<void>((stopped) => {
        server.close(() => stopped());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}
