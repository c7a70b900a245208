import type { Breaker } from "./health.ts";
import type { SlowPace } from "./lane.ts";

/** Whether a destination's events may be taken there now, as its breaker was when the message began. */
export type Gate =
  | {
      admits: true;
      /** Null when it is closed; else this is the one probe, and what it leaves goes on at this pace. */
      pace: SlowPace | null;
      sinceMs?: number;
    }
  | { admits: false; pace: SlowPace };

/** While Redis is away nobody knows better: every message tries for itself, on its own schedule. */
export const OPEN_TO_ALL: Gate = { admits: true, pace: null };

/** `isProbe`: the message has been chosen to find out. */
export function gateOf(breaker: Breaker | undefined, isProbe: boolean): Gate {
  if (!breaker?.state) return OPEN_TO_ALL;
  const { state: pace, sinceMs } = breaker;
  return isProbe ? { admits: true, pace, sinceMs } : { admits: false, pace };
}
