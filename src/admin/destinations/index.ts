import type { Instances } from "../../apps/instances.ts";
import type { Standing } from "../../apps/place.ts";
import { drainMessage } from "../../delivery/breaker/drain.ts";
import { type Breaker, destinationName } from "../../delivery/breaker/health.ts";
import { laneKey } from "../../delivery/breaker/lane.ts";
import { closeBreaker, readBreakers } from "../../delivery/breaker/store.ts";
import { eventHooks } from "../../delivery/hooks/event-hooks.ts";
import type { Destination } from "../../delivery/message.ts";
import type { QStashQueue, Queue } from "../../delivery/queue.ts";
import type { Settings } from "../../settings.ts";
import type { Store } from "../../store.ts";
import type { Audit } from "../audit.ts";

/** Each project shown costs a request to Redis. */
export const MAX_PROJECTS_SHOWN = 20;

/** Where events of a project go, and how that does. */
export interface DescribedDestination {
  project: string;
  hook: string;
  /** The app's folder; absent for PostHog. */
  plugin?: string;
  /** `closed`: in use. `open`: down, and probed. `parked`: waits for a person. */
  state: "closed" | "open" | "parked";
  /** How its app stands; absent for PostHog. */
  app?: Standing | null;
  /** In a row. */
  failures: number;
  /** ISO time of the first of these failures, or when it was parked. */
  since?: string;
  error?: string;
  /** ISO time at which the next probe may begin. */
  probeAt?: string;
  /** Messages that wait for it, not events; null when QStash does not say, absent where nothing waits. */
  waiting?: number | null;
}

/** The destinations of projects, for the API and the pages alike. All reject when Redis does. */
export interface Destinations {
  /** All of a project: one command, and a request to QStash for each that is not in use. */
  of(project: string): Promise<DescribedDestination[]>;
  /** Those that are not in use, without what waits: one command. */
  troubled(project: string): Promise<DescribedDestination[]>;
  /** Those of these projects that a person means by a hook and, but for PostHog, an app. */
  named(projects: readonly string[], hook: string, plugin: string | undefined): Found[];
  /** Treats one as mended: what waits for it comes at once. */
  resume(found: Found, who: string): Promise<DescribedDestination>;
}

export interface Found {
  project: string;
  destination: Destination;
}

export interface DestinationsOptions {
  settings: Settings;
  instances: Instances;
  store: Store;
  queue: Queue;
  qstash: Pick<QStashQueue, "waiting">;
  now: () => Date;
  uuid: () => string;
}

export function createDestinations(options: DestinationsOptions & { audit: Audit }): Destinations {
  const { instances, store } = options;

  /** PostHog, if events go there, and every deferred hook of the apps that are enabled. */
  function destinationsOf(project: string): Destination[] {
    const ofApps = instances.places(project).flatMap(({ enabled, plugin }) => {
      const hooks = enabled ? instances.hooks(project, plugin) : null;
      return [...eventHooks, "exportEvents" as const]
        .filter((hook) => hooks?.[hook])
        .map((hook) => ({ plugin, hook }));
    });
    return [...(options.settings.posthogHost === null ? [] : [{ hook: "posthog" as const }]), ...ofApps];
  }

  async function described(project: string): Promise<(Found & { told: DescribedDestination })[]> {
    const breakers = await readBreakers(store, project);
    return destinationsOf(project).map((destination) => ({
      project,
      destination,
      told: describe(project, destination, breakers[destinationName(destination)]),
    }));
  }

  function describe(
    project: string,
    destination: Destination,
    breaker: Breaker | undefined,
  ): DescribedDestination {
    const plugin = pluginOf(destination);
    const place = {
      project,
      ...destination,
      ...(plugin === undefined ? {} : { app: instances.standing(project, plugin) }),
    };
    if (!breaker) return { ...place, state: "closed", failures: 0 };
    const { state = "closed", failures, why, sinceMs, probeAtMs } = breaker;
    return {
      ...place,
      state,
      failures,
      since: new Date(sinceMs).toISOString(),
      error: why,
      ...(probeAtMs ? { probeAt: new Date(probeAtMs).toISOString() } : {}),
    };
  }

  return {
    async of(project) {
      const all = await described(project);
      return Promise.all(
        all.map(async ({ destination, told }) => {
          if (told.state === "closed") return told;
          const waiting = await options.qstash.waiting(laneKey(project, destination)).catch(() => null);
          return Object.assign(told, { waiting });
        }),
      );
    },

    async troubled(project) {
      return (await described(project)).flatMap(({ told }) => (told.state === "closed" ? [] : [told]));
    },

    named: (projects, hook, plugin) =>
      projects.flatMap((project) =>
        destinationsOf(project)
          .filter((destination) => destination.hook === hook && pluginOf(destination) === plugin)
          .map((destination) => ({ project, destination })),
      ),

    async resume({ project, destination }, who) {
      const name = destinationName(destination);
      await closeBreaker(store, project, name);
      const nowMs = options.now().getTime();
      await options.queue.publish([drainMessage(options.uuid(), project, destination, nowMs)]);
      const plugin = pluginOf(destination);
      const what = plugin === undefined ? "resumed PostHog" : `resumed ${destination.hook}`;
      await options.audit.record({ who, what, project, ...(plugin === undefined ? {} : { plugin }) });
      return describe(project, destination, undefined);
    },
  };
}

function pluginOf(destination: Destination): string | undefined {
  return "plugin" in destination ? destination.plugin : undefined;
}
