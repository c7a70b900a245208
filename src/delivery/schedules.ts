import { isRetry } from "../apps/errors.ts";

/** Waits before the next execution of a deferred hook, by hook (decisions 15): 6 executions of one, 4 of the other. */
export const HOOK_RETRY_DELAYS_SECONDS = {
  onEvent: [5, 10, 20, 40, 80],
  onSnapshot: [5, 10, 20, 40, 80],
  composeWebhook: [5, 10, 20, 40, 80],
  exportEvents: [6, 12, 24],
  onFlush: [6, 12, 24],
} as const;

/** PostHog is tried from 5 s doubling up to an hour apart: 34 tries take a day, if none has to wait for a breaker. */
const POSTHOG_FIRST_DELAY_SECONDS = 5;
const POSTHOG_LONGEST_DELAY_SECONDS = 3600;
export const POSTHOG_MAX_ATTEMPTS = 34;

/** What is run again: the hooks that events go to, and `onFlush` of a `createBuffer`. */
export type RetriedHook = keyof typeof HOOK_RETRY_DELAYS_SECONDS;
export type DeferredHook = Exclude<RetriedHook, "onFlush">;

/** Executions that a hook gets in all. */
export function maxAttempts(hook: RetriedHook): number {
  return HOOK_RETRY_DELAYS_SECONDS[hook].length + 1;
}

/** Seconds until a hook is run again after `attempt` executions, or null when what it threw is final. */
export function hookRetryDelay(hook: RetriedHook, attempt: number, thrown: unknown): number | null {
  if (!isRetry(thrown)) return null;
  return HOOK_RETRY_DELAYS_SECONDS[hook][attempt - 1] ?? null;
}

/**
 * Seconds until PostHog is tried again after `attempt` tries, or null when that was the last. Never sooner than PostHog asked
 * for (`retryAfterSeconds`), up to an hour. Counted in tries and not by the clock: nothing is given up for having waited.
 */
export function posthogRetryDelay(attempt: number, retryAfterSeconds: number | null): number | null {
  if (attempt >= POSTHOG_MAX_ATTEMPTS) return null;
  const backoff = POSTHOG_FIRST_DELAY_SECONDS * 2 ** (attempt - 1);
  return Math.min(POSTHOG_LONGEST_DELAY_SECONDS, Math.max(backoff, retryAfterSeconds ?? 0));
}
