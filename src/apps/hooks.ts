import type { PluginEvent } from "../event.ts";
import type { AppExports } from "./definition.ts";
import { type MetricKinds, metricKinds } from "./meta/metrics.ts";

/** Every hook and its arguments; all are called detached, `meta` last. */
export interface Hooks {
  setupPlugin?: (meta: unknown) => unknown;
  teardownPlugin?: (meta: unknown) => unknown;
  processEvent?: (event: PluginEvent, meta: unknown) => unknown;
  onEvent?: (event: unknown, meta: unknown) => unknown;
  onSnapshot?: (event: unknown, meta: unknown) => unknown;
  composeWebhook?: (event: unknown, meta: unknown) => unknown;
  exportEvents?: (events: unknown[], meta: unknown) => unknown;
  runEveryMinute?: (meta: unknown) => unknown;
  runEveryHour?: (meta: unknown) => unknown;
  runEveryDay?: (meta: unknown) => unknown;
  /** Experimental in PostHog; its one setting, `handlesLargeBatches`, has no meaning here. */
  getSettings?: (meta: unknown) => unknown;
  /** What the app counts, by name. */
  metrics?: MetricKinds;
  /** By name; called with the payload, if there is one, before `meta`. */
  jobs?: Readonly<Record<string, (...payloadAndMeta: unknown[]) => unknown>>;
}

export const scheduledTasks = ["runEveryMinute", "runEveryHour", "runEveryDay"] as const;
export type ScheduledTask = (typeof scheduledTasks)[number];

/** Hooks that are functions, by name. */
export const hookNames = [
  "setupPlugin",
  "teardownPlugin",
  "processEvent",
  "onEvent",
  "onSnapshot",
  "composeWebhook",
  "exportEvents",
  "getSettings",
  ...scheduledTasks,
] as const satisfies readonly (keyof Hooks)[];

/**
 * Finds an app's hooks: `exports`, then `exports.default`, then `module.exports`; top-level functions only when nothing
 * at all is exported. Only objects are searched, so a function as default export is ignored (runtime 3.0). Throws for
 * metrics of a kind that does not exist.
 */
export function findHooks(found: AppExports): Hooks {
  const exported = [found.exports, found.defaultExport, found.moduleExports].filter(isObject);
  const candidates = exported.every(isEmpty) ? [found.topLevel] : exported;
  const lookUp = (name: string) =>
    candidates.map((candidate) => candidate[name]).find((value) => typeof value === "function");

  const hooks: Hooks = {};
  for (const name of hookNames) {
    const hook = lookUp(name);
    if (typeof hook === "function") hooks[name] = hook as never;
  }
  const batchHook = lookUp("processEventBatch");
  if (!hooks.processEvent && typeof batchHook === "function")
    hooks.processEvent = oneByOne(batchHook as BatchHook);
  const jobs = candidates.map((candidate) => candidate["jobs"]).filter(isObject);
  if (jobs.length > 0) hooks.jobs = Object.assign({}, ...jobs.toReversed());
  const metrics = candidates.map((candidate) => candidate["metrics"]).filter(isObject);
  if (metrics.length > 0 || hooks.exportEvents) {
    hooks.metrics = metricKinds(Object.assign({}, ...metrics.toReversed()), hooks.exportEvents !== undefined);
  }
  return hooks;
}

type BatchHook = (events: PluginEvent[], meta: unknown) => unknown;

/** The deprecated `processEventBatch` sees batches of one; the first element of its result counts (runtime 3.5). */
function oneByOne(batchHook: BatchHook): (event: PluginEvent, meta: unknown) => Promise<unknown> {
  return async (event, meta) => {
    const result = await batchHook([event], meta);
    return Array.isArray(result) ? result[0] : result;
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** A class instance has its methods on its prototype, so it is not empty even without properties of its own. */
function isEmpty(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  const exported = Object.keys(value).filter((name) => name !== "__esModule");
  return exported.length === 0 && (prototype === null || prototype === Object.prototype);
}
