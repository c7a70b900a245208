import { type Secrets, secretsOf } from "../logs/secrets.ts";
import type { Environment } from "../settings.ts";
import { teamIdOf } from "../team.ts";
import { type AppBuffer, createAppBuffers } from "./buffer.ts";
import { AppFunction } from "./built-ins/code-generation.ts";
import { createExtensions } from "./built-ins/extensions.ts";
import { constant } from "./constant.ts";
import { createAppConsole } from "./console.ts";
import type { AppDefinition, AppHost, MarkedSource } from "./definition.ts";
import { describeThrown, summariseThrown } from "./describe-thrown.ts";
import { RetryError } from "./errors.ts";
import { type AppFetch, createAppFetch } from "./fetch.ts";
import { createReadFrames } from "./frames.ts";
import { createAppGlobalObject, createPackageGlobalObject } from "./global-object.ts";
import { findHooks, type Hooks } from "./hooks.ts";
import { copyLibrary } from "./libraries/own-copy.ts";
import { createLoopGuard, guardThenable } from "./loop-guard.ts";
import { type AppLog, createAppLog, type LogSink } from "./log.ts";
import { resolveConfig } from "./meta/config.ts";
import { type AppGlobal, createAppGlobal } from "./meta/global.ts";
import type { LocateInDatabase } from "./meta/geoip.ts";
import { createMeta } from "./meta/index.ts";
import { createAppJobs } from "./meta/jobs.ts";
import { createAppMetrics } from "./meta/metrics.ts";
import { keepRequestsAlive } from "./package-requests.ts";
import { createAppPostHog } from "./posthog.ts";
import { createAppApi, type PostHogAccess } from "./posthog-api.ts";
import type { Scope } from "./scope.ts";

/** One app at work for one project, with module state of its own (decisions 8). */
export interface Instance {
  readonly definition: AppDefinition;
  readonly project: string;
  /** `NAME (id)`, as it stands in `$plugins_succeeded`. */
  readonly label: string;
  readonly hooks: Hooks;
  readonly meta: object;
  /** What is configured, with settings filled in: the gateway's own, whatever the app does to its `meta`. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly global: AppGlobal;
  /** Those that the app has made with `createBuffer`, in that order. */
  readonly buffers: readonly AppBuffer[];
  /** The app's way to the outside. */
  readonly fetch: AppFetch;
  readonly log: AppLog;
  /** Writes what the app threw to its log, after `what` if that says more: an ERROR of source PLUGIN. */
  logThrown(thrown: unknown, hook?: string, what?: string): void;
}

/** What every instance needs of the gateway. */
export interface InstanceServices {
  environment: Environment;
  log: LogSink;
  secrets: Secrets;
  now: () => Date;
  uuid: () => string;
  fetch: typeof fetch;
  posthog: PostHogAccess;
  locate: LocateInDatabase;
  /** Runs `onFlush` over what a buffer holds; rejects with what it throws. */
  flushBuffer: (instance: Instance, buffer: AppBuffer, scope: Scope) => Promise<void>;
  /** What a loop in an app's code may take. */
  loops: { limit: number; timeoutMs: number };
}

/**
 * Evaluates the app's module for a project; `setupPlugin` is not run yet. Throws what the module's top level throws, which
 * the app's log then has.
 */
export function createInstance(
  definition: AppDefinition,
  project: string,
  services: InstanceServices,
): Instance {
  const { plugin } = definition;
  const missing: string[] = [];
  const config = resolveConfig(definition, services.environment, (field, setting) =>
    missing.push(`config.${field} is unset: the setting ${setting} that it refers to does not exist`),
  );
  const mask = services.secrets.maskFor(secretsOf(definition, config));
  const log = createAppLog({ definition, project, mask, log: services.log, now: services.now });
  for (const message of missing) log("WARN", "SYSTEM", message);
  let marked: MarkedSource | undefined;
  const readFrames = createReadFrames(() => marked);
  const logThrown: Instance["logThrown"] = (thrown, hook, what = "") =>
    log("ERROR", "PLUGIN", what + describeThrown(thrown, readFrames), hook);
  const fetch = createAppFetch(services.fetch);
  const jobs = createAppJobs({ project, plugin, now: services.now });
  const buffers = createAppBuffers({
    project,
    plugin,
    flush: (buffer, scope) => services.flushBuffer(instance, buffer, scope),
    onLost: (error) =>
      log("ERROR", "SYSTEM", `an object added to a buffer was lost: ${summariseThrown(error)}`),
  });
  const posthog = createAppPostHog({ instance: () => instance, now: services.now });
  const host: AppHost = {
    console: createAppConsole((level, message) => log(level, "CONSOLE", message)),
    posthog: {
      ...posthog,
      api: createAppApi({ project, teamId: teamIdOf(project), posthog: services.posthog, fetch }),
    },
    fetch,
    RetryError,
    jobs,
    loop: createLoopGuard({ ...services.loops, now: () => services.now().getTime() }),
    thenable: guardThenable,
    constant,
    global: {},
    libraries: { "@posthog/plugin-contrib": { createBuffer: buffers.createBuffer } },
    source: (source) => void (marked = source),
    packageGlobal: createPackageGlobalObject(),
    builtins: keepRequestsAlive,
    Function: AppFunction,
    extensions: createExtensions(),
    copyLibrary,
  };
  host.global = createAppGlobalObject(host);

  const global = createAppGlobal({
    project,
    plugin,
    version: definition.version,
    revision: definition.revision ?? 0,
    log: (level, message) => log(level, "SYSTEM", message),
  });

  const hooks = evaluate();
  const metrics = createAppMetrics({
    kinds: hooks.metrics ?? {},
    now: services.now,
    flush: (values) =>
      void posthog.capture("$$plugin_metrics", {
        plugin_name: definition.name,
        plugin_id: definition.id,
        ...values,
      }),
  });

  const instance: Instance = {
    definition,
    project,
    label: `${definition.name} (${definition.id})`,
    hooks,
    meta: createMeta({
      definition,
      project,
      config,
      locate: services.locate,
      jobs,
      metrics,
      global: global.object,
    }),
    config,
    global,
    buffers: buffers.made,
    fetch,
    log,
    logThrown,
  };
  return instance;

  function evaluate(): Hooks {
    try {
      return findHooks(definition.createApp(host));
    } catch (thrown) {
      logThrown(thrown, "setupPlugin");
      throw thrown;
    }
  }
}
