import type { AppDefinition } from "../../../apps/definition.ts";
import { createAppFetch } from "../../../apps/fetch.ts";
import { createInstance, type Instance, type InstanceServices } from "../../../apps/instance.ts";
import { runHook } from "../../../apps/run-hook.ts";
import type { LogEntry } from "../../../apps/log.ts";
import { resolveConfig } from "../../../apps/meta/config.ts";
import type { AppEvent } from "../../../apps/leftovers.ts";
import { createScope, type Scope } from "../../../apps/scope.ts";
import { eventHooks, isFor } from "../../../delivery/hooks/event-hooks.ts";
import { sendWebhook } from "../../../delivery/hooks/compose-webhook.ts";
import { toPluginEvent } from "../../../delivery/plugin-event.ts";
import type { PluginEvent } from "../../../event.ts";
import { plainJson } from "../../../json.ts";
import { secretsOf } from "../../../logs/secrets.ts";
import { runChain } from "../../../pipeline/chain.ts";
import { createDeadline } from "../../../pipeline/deadline.ts";
import { takeMarkers } from "../../../pipeline/markers.ts";
import { finish, identityOf, type ProcessedEvent } from "../../../pipeline/finish.ts";
import { summariseThrown } from "../../../apps/describe-thrown.ts";
import { flushBuffers } from "./flush-buffers.ts";
import { maskStrings } from "./mask-strings.ts";
import { createMemoryStore } from "./memory-store.ts";
import { createRecordedFetch, type RecordedRequest } from "./recorded-fetch.ts";

/** A person waits for it. */
const HOOK_TIMEOUT_MS = 10_000;
const MAX_LOG_ENTRIES = 500;

/** What an app made of a sample event, with its secrets masked wherever they turn up. */
export interface Trial {
  /** The event as it would go on without the app. */
  entered: unknown;
  /** The event as it goes on; null when the app dropped it, or was not set up. */
  result: unknown;
  dropped: boolean;
  /** The hooks that ran, in order, with what they threw. */
  hooks: readonly { hook: string; error?: string }[];
  logs: readonly Pick<LogEntry, "timestamp" | "level" | "source" | "hook" | "message">[];
  requests: readonly RecordedRequest[];
  /** Events that it captured, and jobs that it scheduled. Neither goes anywhere. */
  captured: readonly AppEvent[];
  jobs: readonly { job: string; dueAt: string; payload?: unknown }[];
}

/** Never rejects for what the app does. */
export type TryApp = (options: {
  definition: AppDefinition;
  project: string;
  event: PluginEvent;
  /** Whether requests are really made. */
  send: boolean;
  waitUntil: (promise: Promise<unknown>) => void;
}) => Promise<Trial>;

/**
 * Runs an app over one event apart from all others: an instance of its own, a store that is gone afterwards, a log of its own,
 * nothing published. `setupPlugin` first, then the chain, then what comes after it. Databases are reached only where
 * requests are really made; what an npm package sends by itself, past `fetch`, is beyond a trial's reach.
 */
export function createTryApp(options: {
  instanceServices: InstanceServices;
  publicUrl: string;
  seal: (generation: number) => string;
}): TryApp {
  const { instanceServices: services } = options;

  return async ({ definition, project, event, send, waitUntil }) => {
    const entries: LogEntry[] = [];
    const recorded = createRecordedFetch({ send, fetch: services.fetch });
    const scope = createScope({
      id: services.uuid(),
      store: createMemoryStore(),
      nowMs: () => services.now().getTime(),
      generation: 0,
      ownAddresses: [options.publicUrl],
      seal: options.seal,
      waitUntil,
      publish: () => Promise.resolve(),
      flushLogs: () => undefined,
    });
    scope.refuseWhen((what) =>
      what === "pg" && !send
        ? "this is a trial, which connects to databases only when requests are really sent"
        : null,
    );
    const hooks: { hook: string; error?: string }[] = [];
    const arrival = { nowMs: Date.parse(event.now), allowFuture: false };
    const untouched = plainJson(event) as PluginEvent;
    const entered = finish(untouched, untouched, arrival);
    let result: ProcessedEvent | null = null;
    let dropped = false;
    try {
      const instance = load();
      if (instance && (await setUp(instance))) {
        const outcome = await process(instance);
        dropped = outcome === null;
        result = outcome;
        if (outcome) await afterChain(instance, outcome);
      }
    } finally {
      scope.close();
    }
    const left = await scope.finish();
    const config = resolveConfig(definition, services.environment, () => {});
    const mask = services.secrets.maskFor(secretsOf(definition, config));
    const trial: Trial = {
      entered,
      result: plainJson(result),
      dropped,
      hooks,
      logs: entries.map(({ plugin: _plugin, project: _project, ...entry }) => entry),
      requests: recorded.requests,
      captured: left.captured.flatMap((batch) => batch.events),
      jobs: left.jobs.map(({ job, dueAtMs, payload }) => ({
        job,
        dueAt: new Date(dueAtMs).toISOString(),
        payload,
      })),
    };
    return maskStrings(plainJson(trial), mask) as Trial;

    function load(): Instance | null {
      const log = (entry: LogEntry) => {
        if (entries.length < MAX_LOG_ENTRIES) entries.push(entry);
      };
      try {
        return createInstance(definition, project, {
          ...services,
          log,
          fetch: recorded.fetch,
          flushBuffer: (instance, _buffer, work) => flushBuffers(instance, work),
        });
      } catch (thrown) {
        hooks.push({ hook: "loading the app", error: summariseThrown(thrown) });
        return null;
      }
    }

    /** Runs one hook, and notes how that went. */
    async function run(instance: Instance, hook: string, call: (meta: object) => unknown): Promise<boolean> {
      try {
        await runHook(instance, hook, scope, call, HOOK_TIMEOUT_MS);
        hooks.push({ hook });
        return true;
      } catch (thrown) {
        instance.logThrown(thrown, hook);
        hooks.push({ hook, error: summariseThrown(thrown) });
        return false;
      }
    }

    async function setUp(instance: Instance): Promise<boolean> {
      const { setupPlugin } = instance.hooks;
      return setupPlugin ? run(instance, "setupPlugin", setupPlugin) : true;
    }

    async function process(instance: Instance): Promise<ProcessedEvent | null> {
      const identity = identityOf(event);
      if (instance.hooks.processEvent) hooks.push({ hook: "processEvent" });
      const deadline = createDeadline(HOOK_TIMEOUT_MS);
      const before = entries.length;
      const [outcome] = await runChain([event], {
        instances: [instance],
        scope,
        teamId: event.team_id,
        deadline,
        trustMarkers: false,
      }).finally(() => deadline.clear());
      const thrown = entries
        .slice(before)
        .find(({ source, hook }) => source === "PLUGIN" && hook === "processEvent");
      if (thrown) hooks.splice(-1, 1, { hook: "processEvent", error: thrown.message.split("\n")[0] ?? "" });
      if (!outcome || "droppedBy" in outcome) return null;
      // They name this app alone, which the trial says by itself.
      takeMarkers(outcome.event, false);
      return finish(outcome.event, identity, arrival);
    }

    async function afterChain(instance: Instance, processed: ProcessedEvent): Promise<void> {
      const teamId = event.team_id;
      const appFetch = createAppFetch(recorded.fetch);
      for (const hook of eventHooks) {
        const call = instance.hooks[hook];
        if (!call || !isFor(hook, processed)) continue;
        await run(instance, hook, (meta) =>
          hook === "composeWebhook"
            ? sendWebhook(instance, processed, teamId, meta, appFetch)
            : call(toPluginEvent(processed, teamId), meta),
        );
      }
      const { exportEvents } = instance.hooks;
      if (exportEvents && processed.event !== "$snapshot") {
        await run(instance, "exportEvents", (meta) => exportEvents([toPluginEvent(processed, teamId)], meta));
      }
      if (holdsObjects(instance, scope)) await run(instance, "onFlush", () => flushBuffers(instance, scope));
    }
  };
}

function holdsObjects({ buffers }: Instance, scope: Scope): boolean {
  return buffers.some(({ place }) => scope.buffered(place).length > 0);
}
