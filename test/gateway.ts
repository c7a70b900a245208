import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { serve } from "@hono/node-server";
import { hardenBuiltIns } from "../src/apps/built-ins/harden.ts";
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
  /** Puts a message into the queue, signed as the gateway's own are. */
  publish(route: string, message: unknown): Promise<void>;
  /** Runs a Redis command beside the gateway, to look at what it keeps. */
  redisCommand(...command: string[]): Promise<unknown>;
  deadLetters(): Promise<DeadLetter[]>;
  /** What PostHog has received, in order. */
  delivered(): DeliveredEvent[];
  /** Ends the gateway's apps as a shutdown does. */
  tearDown(): Promise<void>;
  /** Makes the gateway's Redis refuse everything, or not any more. QStash keeps what it has. */
  setRedisAway(away: boolean): void;
  /** Makes QStash refuse everything, or not any more. */
  setQStashAway(away: boolean): void;
  /** Starts the gateway afresh over the same Redis and QStash, as a new isolate would, or a deployment with changes. */
  restart(apps?: readonly AppDefinition[], settings?: Record<string, string>): void;
  /** Starts another isolate beside this one, on an address of its own; QStash goes on delivering to the first. */
  isolate(apps?: readonly AppDefinition[]): Promise<TestIsolate>;
  /** Calls the admin's API. */
  admin(path: string, init?: { method?: string; body?: unknown }): Promise<Response>;
  stop(): Promise<void>;
}

/** Another isolate of the same deployment. */
export interface TestIsolate {
  url: string;
  capture(...events: Record<string, unknown>[]): Promise<Response>;
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
  // As the entries do: what holds here holds with closed built-ins.
  hardenBuiltIns();
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
  let qstashAway = false;
  const others: { stop(): Promise<void> }[] = [];
  const answer = async (answering: Gateway | undefined, request: Request) => {
    const ip = request.headers.get("CF-Connecting-IP") ?? "127.0.0.1";
    const location = ip === "203.0.113.7" ? { ip, city: "Platform" } : null;
    const client = { ip, location };
    return (await answering?.fetch(request, { client, waitUntil })) ?? new Response(null, { status: 503 });
  };
  const servers = await Promise.all([
    listen((request) => (redisAway ? new Response("away", { status: 503 }) : redis.fetch(request))),
    listen((request) => (qstashAway ? new Response("away", { status: 503 }) : qstash.fetch(request))),
    listen((request) => answer(gateway, request)),
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
  const create = (apps: readonly AppDefinition[], more: Record<string, string> = {}) =>
    createGateway({
      runtime: "node",
      apps,
      settings: parsed.settings,
      environment: { ...environment, ...more },
      durability: "memory",
      now: () => new Date(clock.now()),
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
      fetch: (input, init) => fetch(input, init),
      assetCache: null,
      locate: options.locate ?? knowOneAddress,
      write: (line) => log.push(JSON.parse(line) as LogEntry),
    });
  const restart = (apps = options.apps, more: Record<string, string> = {}) => {
    gateway = create(apps, more);
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
  const captureAt = (url: string, events: readonly Record<string, unknown>[]) =>
    fetch(`${url}/batch/`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ api_key: token, batch: events }),
    });
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
    setQStashAway(away) {
      qstashAway = away;
    },
    restart,
    redisCommand,
    async publish(route, message) {
      await fetch(`${qstashServer.url}/v2/publish/${gatewayServer.url}/_gateway/${route}`, {
        method: "POST",
        headers: { Authorization: "Bearer qstash-token", "Content-Type": "application/json" },
        body: JSON.stringify(message),
      });
    },
    async deadLetters() {
      const names = (await redisCommand("KEYS", "dead:entry:*")) as string[];
      return Promise.all(names.map(async (name) => JSON.parse(String(await redisCommand("GET", name)))));
    },
    async isolate(apps = options.apps) {
      const isolate = create(apps);
      const server = await listen((request) => answer(isolate, request));
      others.push(server);
      return { url: server.url, capture: (...events) => captureAt(server.url, events) };
    },
    admin: (path, { method = "GET", body } = {}) =>
      fetch(`${gatewayServer.url}/admin/api/${path}`, {
        method,
        headers: { Authorization: `Bearer ${adminToken}`, "Content-Type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    capture: (...events) => captureAt(gatewayServer.url, events),
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
      await Promise.all([...servers, ...others].map((server) => server.stop()));
      await posthog.stop();
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
