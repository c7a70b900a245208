import { hardenBuiltIns } from "../src/apps/built-ins/harden.ts";
import type { AppDefinition } from "../src/apps/definition.ts";
import type { LocateInDatabase } from "../src/apps/meta/geoip.ts";
import { createFakeClock } from "../src/testing/clock.ts";
import {
  type DeliveredEvent,
  type EmbeddedGateway,
  startEmbeddedGateway,
} from "../src/testing/embedded-gateway.ts";
import { keys } from "../src/keys.ts";
import { hourOf } from "../src/accounts/add.ts";
import { type Totals, totalsOf } from "../src/accounts/read.ts";
import { createFaults, type Faults } from "./faults.ts";
import { type Recorder, startRecorder } from "./recorder.ts";

export { compileApps } from "../src/testing/compile-apps.ts";
export type { DeliveredEvent } from "../src/testing/embedded-gateway.ts";

/** The embedded gateway with a stand-in for PostHog on a socket of its own. */
export interface TestGateway extends Omit<EmbeddedGateway, "isolate"> {
  posthog: Recorder;
  /** Sends events in one request; resolves to the answer. */
  capture(...events: Record<string, unknown>[]): Promise<Response>;
  /** What the gateway has counted in the last days, by the clock. */
  accounts(project?: string): Promise<Totals>;
  /** Breaks the gateway's calls, or its process, at a given point; `restart` brings a new one. */
  faults: Faults;
  /** Puts a message into the queue, signed as the gateway's own are. */
  publish(route: string, message: unknown): Promise<void>;
  /** Starts another isolate beside this one, on an address of its own; QStash goes on delivering to the first. */
  isolate(apps?: readonly AppDefinition[]): Promise<TestIsolate>;
  /** Calls the admin's API. */
  admin(path: string, init?: { method?: string; body?: unknown }): Promise<Response>;
  /** What PostHog has received, in order. */
  delivered(): DeliveredEvent[];
}

/** Another isolate of the same deployment. */
export interface TestIsolate {
  url: string;
  capture(...events: Record<string, unknown>[]): Promise<Response>;
}

/** What Redis is asked for one delivery of events without uuids of their own, in two requests: its begin and its end. */
export const deliveryCost = { commands: 9, requests: 2 } as const;

const HOUR_MS = 3_600_000;
const COUNTED_HOURS = 7 * 24;

export async function startTestGateway(options: {
  apps: readonly AppDefinition[];
  settings?: Record<string, string>;
  /** A City database; without one, it knows a single address. */
  locate?: LocateInDatabase;
  /** A real Redis under the embedded stack. */
  redisUrl?: string;
}): Promise<TestGateway> {
  // As the entries do: what holds here holds with closed built-ins.
  hardenBuiltIns();
  const posthog = await startRecorder();
  const faults = createFaults();
  const reach = faults.outgoing("destination", (request) => fetch(request));
  const embedded = await startEmbeddedGateway({
    ...options,
    fetch: async (input, init) => reach(new Request(input, init)),
    around: (serves, serve) =>
      serves === "gateway" ? faults.incoming(serve) : faults.outgoing(serves, serve),
    clock: createFakeClock(),
    posthogHost: posthog.url,
    locate: options.locate ?? knowOneAddress,
    locationOf: (ip) => (ip === "203.0.113.7" ? { ip, city: "Platform" } : null),
  });
  const { url, adminToken, qstash, qstashToken } = embedded;
  return {
    ...embedded,
    faults,
    restart(apps, settings) {
      faults.revive();
      embedded.restart(apps, settings);
    },
    async accounts(project = embedded.token) {
      const hours = Array.from({ length: COUNTED_HOURS }, (_, n) =>
        hourOf(embedded.clock.now() - n * HOUR_MS),
      );
      const accounts = hours.map((hour) => embedded.redisCommand("HGETALL", keys.account(project, hour)));
      return totalsOf((await Promise.all(accounts)) as (string[] | null)[]);
    },
    posthog,
    capture: (...events) => embedded.send(events),
    async isolate(apps) {
      const isolate = await embedded.isolate(apps);
      return { url: isolate.url, capture: (...events) => isolate.send(events) };
    },
    async publish(route, message) {
      await qstash.fetch(
        new Request(`http://qstash.example/v2/publish/${url}/_gateway/${route}`, {
          method: "POST",
          headers: { Authorization: `Bearer ${qstashToken}`, "Content-Type": "application/json" },
          body: JSON.stringify(message),
        }),
      );
    },
    admin: (path, { method = "GET", body } = {}) =>
      fetch(`${url}/admin/api/${path}`, {
        method,
        headers: { Authorization: `Bearer ${adminToken}`, "Content-Type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    delivered: () =>
      posthog.requests.flatMap(({ json }) => (json as { batch?: DeliveredEvent[] } | undefined)?.batch ?? []),
    async stop() {
      await embedded.stop();
      await posthog.stop();
    },
  };
}

const knowOneAddress: LocateInDatabase = (ip) =>
  ip === "198.51.100.1" ? { city: { names: { en: "Database" } } } : null;
