/** A flow-control key: its limits in force and what they have admitted. Times in ms. */
export interface Flow {
  parallelism: number | undefined;
  rate: number | undefined;
  periodMs: number;
  paused: boolean;
  pinnedParallelism: boolean;
  pinnedRate: boolean;
  /** Attempts started in the period that began at `periodStart`. */
  count: number;
  periodStart: number;
}

/** How many attempts may start now, when `running` of the key are under way. Infinity without a limit. */
export function allowance(flow: Flow, running: number, now: number): number {
  if (flow.paused) return 0;
  const parallel = (flow.parallelism ?? Number.POSITIVE_INFINITY) - running;
  const count = now < flow.periodStart + flow.periodMs ? flow.count : 0;
  return Math.max(0, Math.min(parallel, (flow.rate ?? Number.POSITIVE_INFINITY) - count));
}

/** Counts attempts that start now. A period begins with the first attempt after the last one has passed. */
export function countStarts(flow: Flow, starts: number, now: number): Flow {
  const passed = now >= flow.periodStart + flow.periodMs;
  return passed ? { ...flow, periodStart: now, count: starts } : { ...flow, count: flow.count + starts };
}

/**
 * The time at which a waiting attempt may start; null when only the end of a running attempt, a resumption or other
 * limits can tell.
 */
export function opensAt(flow: Flow, running: number, now: number): number | null {
  if (flow.paused || running >= (flow.parallelism ?? Number.POSITIVE_INFINITY)) return null;
  return allowance(flow, running, now) > 0 ? now : flow.periodStart + flow.periodMs;
}
