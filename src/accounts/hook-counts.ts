import { type Counts, fields } from "./counts.ts";

/** Upper bounds (ms) of the spans by which waiting is counted; what took longer than the last is counted there too. */
export const TIME_BOUNDS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000] as const;
const LONGEST_MS = 30_000;

/** What one piece of work counts about apps' hooks, until it goes into the accounts along with a message. */
export interface HookCounts {
  /** Milliseconds since the epoch, to time a hook by. On Workers it stands still while nothing is waited for. */
  nowMs(): number;
  /** Notes that a hook was waited for since `sinceMs`. */
  waited(hook: string, plugin: string, sinceMs: number): void;
  /** Notes what the chain did with the events that reached an app. */
  processed(plugin: string, outcomes: { processed: number; failed: number }): void;
  /** Hands over what was counted, of one hook of an app or of all, and forgets it. */
  take(hook?: string, plugin?: string): Counts;
}

/** Costs no request: the counts travel in messages that are sent anyway. */
export function createHookCounts(nowMs: () => number): HookCounts {
  const counted = new Map<string, Record<string, number>>();

  function add(hook: string, plugin: string, field: string, number: number): void {
    if (number === 0) return;
    const name = `${hook} ${plugin}`;
    const counts = counted.get(name) ?? {};
    counts[field] = (counts[field] ?? 0) + number;
    counted.set(name, counts);
  }

  return {
    nowMs,
    waited(hook, plugin, sinceMs) {
      const tookMs = nowMs() - sinceMs;
      const bound = TIME_BOUNDS_MS.find((limit) => tookMs <= limit) ?? LONGEST_MS;
      add(hook, plugin, fields.waited(bound, hook, plugin), 1);
    },
    processed(plugin, { processed, failed }) {
      add("processEvent", plugin, fields.processed(plugin), processed);
      add("processEvent", plugin, fields.failed(plugin), failed);
    },
    take(hook, plugin) {
      const name = hook === undefined ? null : `${hook} ${plugin}`;
      const taken = name === null ? [...counted.values()] : [counted.get(name) ?? {}];
      if (name === null) counted.clear();
      else counted.delete(name);
      return Object.assign({}, ...taken) as Counts;
    },
  };
}
