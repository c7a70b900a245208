import type { AppDefinition } from "../apps/definition.ts";
import type { LogEntry } from "../apps/log.ts";
import type { LocateInDatabase } from "../apps/meta/geoip.ts";
import type { Scope } from "../apps/scope.ts";
import type { DeadLetter } from "../delivery/dead-letters/letter.ts";
import type { ClientLocation } from "../event.ts";
import { createGateway, type Platform, type RoutedGateway } from "../gateway.ts";
import { createServices, type Services } from "../services.ts";
import { readSettings } from "../settings.ts";
import type { FakeClock } from "./clock.ts";
import { listen } from "./listen.ts";
import { type Around, startTestUpstash, type TestUpstash } from "./upstash.ts";

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

export interface EmbeddedGatewayOptions {
  apps: readonly AppDefinition[];
  clock: FakeClock;
  posthogHost: string;
  /** Over those that the embedded stack needs. */
  settings?: Readonly<Record<string, string>>;
  /** How the gateway and its apps reach the outside; the real `fetch` without it. */
  fetch?: typeof fetch;
  locate?: LocateInDatabase;
  /** A real Redis (`redis://`) under the embedded stack, for what is too much for the one in this process. */
  redisUrl?: string;
  /** What the platform knows of a client's whereabouts. */
  locationOf?: (ip: string) => ClientLocation | null;
  around?: Around;
}

/** The whole gateway on real sockets, over the embedded stack, on a clock that the test moves. */
export interface EmbeddedGateway extends Omit<TestUpstash, "environment"> {
  url: string;
  token: string;
  adminToken: string;
  clock: FakeClock;
  log: LogEntry[];
  /** Every route of the gateway's router. */
  routes: RoutedGateway["routes"];
  /** Hands the gateway a request as a platform does, without a socket, which might refuse or change it. */
  fetch(request: Request): Promise<Response>;
  /** A cron tick. */
  scheduled(timeMs: number): Promise<void>;
  /** Sends events in one request, from an address of the test's choice; resolves to the answer. */
  send(events: readonly object[], ip?: string): Promise<Response>;
  /** Does a piece of work as the gateway's routes do: what apps leave behind is published when it ends. */
  work<Result>(run: (scope: Scope, services: Services) => Promise<Result>): Promise<Result>;
  /** Delivers everything that is due by the clock, and what follows from it at once. Rejects when that never ends. */
  settle(): Promise<void>;
  /** Moves the clock through every delivery due on the way. */
  advance(milliseconds: number): Promise<void>;
  deadLetters(): Promise<DeadLetter[]>;
  /** Ends the gateway's apps as a shutdown does. */
  tearDown(): Promise<void>;
  /** Starts the gateway afresh over the same Redis and QStash, as a new isolate would, or a deployment with changes. */
  restart(apps?: readonly AppDefinition[], settings?: Readonly<Record<string, string>>): void;
  /** Starts another isolate beside this one, on an address of its own; QStash goes on delivering to the first. */
  isolate(apps?: readonly AppDefinition[]): Promise<Pick<EmbeddedGateway, "url" | "send">>;
}

const TOKEN = "phc_test";
const ADMIN_TOKEN = "an-admin-token-for-tests";

export async function startEmbeddedGateway(options: EmbeddedGatewayOptions): Promise<EmbeddedGateway> {
  const { clock, around = (_serves, serve) => serve } = options;
  const upstash = await startTestUpstash({ clock, redisUrl: options.redisUrl, around });
  const { environment: upstashSettings, ...parts } = upstash;
  const { qstash, redisCommand } = parts;

  const log: LogEntry[] = [];
  const background = new Set<Promise<unknown>>();
  const waitUntil = (promise: Promise<unknown>) => {
    background.add(promise);
    void promise.finally(() => background.delete(promise));
  };
  let running: { gateway: RoutedGateway; services: Services } | undefined;
  const answer = async (answering: RoutedGateway | undefined, request: Request) => {
    const ip = request.headers.get("CF-Connecting-IP") ?? "127.0.0.1";
    const client = { ip, location: () => options.locationOf?.(ip) ?? null };
    return (await answering?.fetch(request, { client, waitUntil })) ?? new Response(null, { status: 503 });
  };
  const server = await listen(around("gateway", (request) => answer(running?.gateway, request)));
  const servers = [server];
  const environment = {
    PROJECT_TOKENS: TOKEN,
    PUBLIC_URL: server.url,
    POSTHOG_HOST: options.posthogHost,
    ADMIN_TOKEN,
    ...upstashSettings,
    // Tests count what Redis is asked; those about samples set this themselves.
    EVENT_SAMPLES: "0",
    ...options.settings,
  };
  const parsed = readSettings(environment);
  if ("faults" in parsed) throw new Error(parsed.faults.join("\n"));
  const platform: Platform = {
    runtime: "node",
    apps: options.apps,
    settings: parsed.settings,
    environment,
    durability: "memory",
    now: () => new Date(clock.now()),
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    assetCache: null,
    locate: options.locate ?? (() => null),
    write: (line) => log.push(JSON.parse(line) as LogEntry),
  };
  const create = (apps = options.apps, more: Readonly<Record<string, string>> = {}) => {
    const own = { ...platform, apps, environment: { ...environment, ...more } };
    const services = createServices(own);
    return { services, gateway: createGateway(own, services) };
  };
  running = create();
  const { routes } = running.gateway;
  const sendTo = (url: string, events: readonly object[], ip?: string) =>
    fetch(`${url}/batch/`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(ip ? { "CF-Connecting-IP": ip } : {}) },
      body: JSON.stringify({ api_key: TOKEN, batch: events }),
    });

  const settle = async () => {
    do {
      while (background.size > 0) await Promise.all(background);
    } while ((await qstash.deliverDue()) > 0 || background.size > 0);
  };
  return {
    ...parts,
    url: server.url,
    token: TOKEN,
    adminToken: ADMIN_TOKEN,
    clock,
    log,
    settle,
    routes,
    fetch: (request) => answer(running?.gateway, request),
    scheduled: (timeMs) => running?.gateway.scheduled(timeMs) ?? Promise.resolve(),
    send: (events, ip) => sendTo(server.url, events, ip),
    async work(run) {
      const { services } = (running ??= create());
      const scope = services.openScope(waitUntil, 0);
      try {
        return await run(scope, services);
      } finally {
        await services.finish(scope);
      }
    },
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
    async deadLetters() {
      const names = (await redisCommand("KEYS", "dead:entry:*")) as string[];
      return Promise.all(names.map(async (name) => JSON.parse(String(await redisCommand("GET", name)))));
    },
    tearDown: async () => running?.gateway.stop(waitUntil),
    restart(apps, settings) {
      running = create(apps, settings);
    },
    async isolate(apps) {
      const { gateway } = create(apps);
      const { url, stop } = await listen((request) => answer(gateway, request));
      servers.push({ url, stop });
      return { url, send: (events, ip) => sendTo(url, events, ip) };
    },
    async stop() {
      try {
        await settle();
      } finally {
        await Promise.all(servers.map(({ stop }) => stop()));
        await upstash.stop();
      }
    },
  };
}
