import { type ScheduledTask, scheduledTasks } from "../apps/hooks.ts";
import { keys } from "../keys.ts";
import type { Store } from "../store.ts";

export const MINUTE_MS = 60_000;

/** How late a tick may be and still run: a missed one is caught up within its own period. */
export const periodMs = {
  runEveryMinute: MINUTE_MS,
  runEveryHour: 60 * MINUTE_MS,
  runEveryDay: 24 * 60 * MINUTE_MS,
} as const satisfies Record<ScheduledTask, number>;

/** A timer may fire this much before its time. */
const EARLY_MS = 1000;

/** A last tick that lies further ahead was noted by a clock that was wrong; it must not stop the tasks until then. */
const MAX_AHEAD_MS = 5 * MINUTE_MS;

/** The full minute that a tick at `timeMs` stands for. */
export function minuteOf(timeMs: number): number {
  return Math.floor((timeMs + EARLY_MS) / MINUTE_MS) * MINUTE_MS;
}

/**
 * The tasks due at a tick, each with the full minute, hour or day that it is for (ms). After `last` every boundary since
 * then is due, though each task once only: so a missed tick is caught up. Without `last`, what begins at this very minute.
 */
export function tasksDue(tickAt: number, last: number | null): { task: ScheduledTask; dueAt: number }[] {
  return scheduledTasks
    .map((task) => ({ task, dueAt: tickAt - (tickAt % periodMs[task]) }))
    .filter(({ dueAt }) => (last === null ? dueAt === tickAt : dueAt > last));
}

/** The last tick whose tasks were published, of all isolates together. */
export interface LastTick {
  /**
   * Notes a tick, and resolves to the one before; null when there is none that counts. One Redis command, two when the
   * clock was set back.
   */
  advance(tickAt: number): Promise<number | null>;
  /** Undoes `advance` for a tick whose tasks could not be published; `last` is what that resolved to. */
  rewind(last: number | null): Promise<void>;
}

export function createLastTick(store: Store): LastTick {
  const write = (tickAt: number) =>
    store.set(keys.lastTick, String(tickAt), { get: true, ex: keys.lastTickTtlSeconds });
  return {
    async advance(tickAt) {
      const text = await write(tickAt);
      const last = text === null ? null : Number(text);
      if (last === null || last <= tickAt) return last;
      if (last - tickAt > MAX_AHEAD_MS) return null;
      await write(last);
      return last;
    },
    async rewind(last) {
      await (last === null ? store.del(keys.lastTick) : write(last));
    },
  };
}
