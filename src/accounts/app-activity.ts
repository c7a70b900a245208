import { TIME_BOUNDS_MS } from "./hook-counts.ts";
import type { Totals, Wait } from "./read.ts";

/** What one hook of an app came to. */
export interface HookActivity {
  hook: string;
  /** Events, or jobs, that it finished. */
  processed: number;
  /** Dropped by `processEvent`; ignored by a deferred hook. */
  dropped: number;
  /** Failed in the chain; dead letters of a deferred hook. */
  failed: number;
  retried: number;
  /**
   * How long the hook is waited for (ms): half of the calls, and 95 of 100, take no longer. Null when none was waited
   * for.
   */
  p50Ms: number | null;
  p95Ms: number | null;
}

/**
 * One app's account by hook, the chain first. Times are upper bounds of the span that they fall into, within a factor of 2.5.
 * They are of calls that had to be waited for: on Workers the clock does not measure computation.
 */
export function activityOf(totals: Totals, plugin: string): HookActivity[] {
  const chain = {
    hook: "processEvent",
    processed: totals.processed[plugin] ?? 0,
    dropped: totals.dropped[plugin] ?? 0,
    failed: totals.failed[plugin] ?? 0,
    retried: 0,
  };
  const isInChain = chain.processed + chain.dropped + chain.failed > 0;
  const deferred = totals.destinations
    .filter((destination) => destination.plugin === plugin)
    .map(({ hook, delivered, ignored, dead, retried }) => ({
      hook,
      processed: delivered,
      dropped: ignored,
      failed: dead,
      retried,
    }))
    .toSorted((a, b) => (a.hook < b.hook ? -1 : 1));
  return [...(isInChain ? [chain] : []), ...deferred].map((activity) => {
    const waits = totals.waits.filter((wait) => wait.plugin === plugin && wait.hook === activity.hook);
    return Object.assign(activity, { p50Ms: quantile(waits, 0.5), p95Ms: quantile(waits, 0.95) });
  });
}

/** The bound below which at least this share of the calls lie; null without any. */
function quantile(waits: readonly Wait[], share: number): number | null {
  const calls = waits.reduce((sum, wait) => sum + wait.calls, 0);
  let seen = 0;
  for (const bound of TIME_BOUNDS_MS) {
    seen += waits.find(({ boundMs }) => boundMs === bound)?.calls ?? 0;
    if (calls > 0 && seen >= share * calls) return bound;
  }
  return null;
}
