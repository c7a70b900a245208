import { isRetry } from "../apps/errors.ts";

/** Waits before the next execution of a deferred hook, by hook (decisions 15): 6 executions of one, 4 of the other. */
export const HOOK_RETRY_DELAYS_SECONDS = {
  onEvent: [5, 10, 20, 40, 80],
  onSnapshot: [5, 10, 20, 40, 80],
  composeWebhook: [5, 10, 20, 40, 80],
  exportEvents: [6, 12, 24],
  onFlush: [6, 12, 24],
} as const;

/** PostHog is tried for a day, from 5 s doubling up to an hour apart. */
const POSTHOG_FIRST_DELAY_SECONDS = 5;
const POSTHOG_LONGEST_DELAY_SECONDS = 3600;
const POSTHOG_PATIENCE_MS = 24 * 3600 * 1000;

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

/** Seconds until PostHog is tried again after `attempt` tries, or null when its day is over. */
export function posthogRetryDelay(options: {
  attempt: number;
  firstAt: number;
  now: number;
  /** What PostHog asked for; never sooner than that. */
  retryAfterSeconds: number | null;
}): number | null {
  if (options.now - options.firstAt >= POSTHOG_PATIENCE_MS) return null;
  const backoff = POSTHOG_FIRST_DELAY_SECONDS * 2 ** Math.min(options.attempt - 1, 20);
  return Math.min(POSTHOG_LONGEST_DELAY_SECONDS, Math.max(backoff, options.retryAfterSeconds ?? 0));
}
