import type { AppDefinition } from "../../src/apps/definition.ts";
import { createGateway, type Gateway } from "../../src/gateway.ts";
import { readSettings } from "../../src/settings.ts";
import type { Isolate } from "./network.ts";
import type { Random } from "./random.ts";
import { projects } from "./schedule.ts";
import type { VirtualTime } from "./time.ts";

/** What every isolate is configured with, and no log may show. */
export const tokens = {
  redis: "t0ken-of-redis",
  qstash: "t0ken-of-qstash",
  admin: "t0ken-of-the-admin",
} as const;

export interface SigningKeys {
  current: string;
  next: string;
}

/** An isolate with the gateway in it. */
export interface RunningIsolate extends Isolate {
  gateway: Gateway;
}

/** Starts a process of the gateway, as an entry does. */
export function startIsolate(options: {
  name: string;
  apps: readonly AppDefinition[];
  signingKeys: SigningKeys;
  time: VirtualTime;
  random: Random;
  fetch: typeof fetch;
  /** Hears each line of its log. */
  write: (line: string) => void;
}): RunningIsolate {
  const { time, random } = options;
  const environment = {
    PROJECT_TOKENS: projects.join(","),
    PUBLIC_URL: "http://edge.test",
    POSTHOG_HOST: "http://posthog.test",
    UPSTASH_REDIS_REST_URL: "http://redis.test",
    UPSTASH_REDIS_REST_TOKEN: tokens.redis,
    QSTASH_URL: "http://qstash.test",
    QSTASH_TOKEN: tokens.qstash,
    QSTASH_CURRENT_SIGNING_KEY: options.signingKeys.current,
    QSTASH_NEXT_SIGNING_KEY: options.signingKeys.next,
    ADMIN_TOKEN: tokens.admin,
  };
  const parsed = readSettings(environment);
  if ("faults" in parsed) throw new Error(parsed.faults.join("\n"));
  const gateway = createGateway({
    runtime: "node",
    apps: options.apps,
    settings: parsed.settings,
    environment,
    durability: "durable",
    now: () => new Date(time.now() + isolate.skewMs),
    randomBytes: (count) => Uint8Array.from({ length: count }, () => random.between(0, 255)),
    fetch: options.fetch,
    locate: () => null,
    assetCache: null,
    write: options.write,
  });
  // Nothing is cut off at the end of a request: that it may be is what kills are for.
  const waitUntil = () => {};
  const isolate: RunningIsolate = {
    name: options.name,
    alive: true,
    skewMs: 0,
    gateway,
    connections: new Set(),
    serve: async (request) => gateway.fetch(request, { client: { ip: "203.0.113.9" }, waitUntil }),
  };
  return isolate;
}
