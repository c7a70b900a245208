import { hardenBuiltIns } from "../src/apps/built-ins/harden.ts";
import type { AppDefinition } from "../src/apps/definition.ts";
import type { LocateInDatabase } from "../src/apps/meta/geoip.ts";
import { createFakeClock } from "../src/testing/clock.ts";
import {
  type DeliveredEvent,
  type EmbeddedGateway,
  startEmbeddedGateway,
} from "../src/testing/embedded-gateway.ts";
import { type Recorder, startRecorder } from "./recorder.ts";

export { compileApps } from "../src/testing/compile-apps.ts";
export type { DeliveredEvent } from "../src/testing/embedded-gateway.ts";

/** The embedded gateway with a stand-in for PostHog on a socket of its own. */
export interface TestGateway extends Omit<EmbeddedGateway, "isolate"> {
  posthog: Recorder;
  /** Sends events in one request; resolves to the answer. */
  capture(...events: Record<string, unknown>[]): Promise<Response>;
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

export async function startTestGateway(options: {
  apps: readonly AppDefinition[];
  settings?: Record<string, string>;
  /** A City database; without one, it knows a single address. */
  locate?: LocateInDatabase;
}): Promise<TestGateway> {
  // As the entries do: what holds here holds with closed built-ins.
  hardenBuiltIns();
  const posthog = await startRecorder();
  const embedded = await startEmbeddedGateway({
    ...options,
    clock: createFakeClock(),
    posthogHost: posthog.url,
    locate: options.locate ?? knowOneAddress,
    locationOf: (ip) => (ip === "203.0.113.7" ? { ip, city: "Platform" } : null),
  });
  const { url, adminToken, qstash, qstashToken } = embedded;
  return {
    ...embedded,
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
