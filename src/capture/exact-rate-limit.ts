import { Ratelimit } from "@upstash/ratelimit";
import { keys } from "../keys.ts";
import type { Store } from "../store.ts";
import { CaptureError } from "./errors.ts";

/** Redis that does not answer by then does not keep events out. */
const LIMIT_TIMEOUT_MS = 1000;

/** Accounts for a project's events in all isolates together; rejects with `CaptureError` 429 when there were too many. */
export type AccountExactly = (project: string, events: number) => Promise<void>;

/**
 * Counts in Redis, minute by minute: 2 to 3 commands and one request to Redis for each capture request. Lets events pass
 * while Redis is away.
 */
export function createExactRateLimit(store: Store, perMinute: number): AccountExactly {
  const limiter = new Ratelimit({
    redis: store,
    limiter: Ratelimit.fixedWindow(perMinute, "1 m"),
    prefix: keys.rateLimitPrefix,
    timeout: LIMIT_TIMEOUT_MS,
    ephemeralCache: false,
    analytics: false,
  });
  return async (project, events) => {
    // A request is never larger than the bound, or an SDK would send it for ever.
    const { success, reset } = await limiter
      .limit(project, { rate: Math.min(events, perMinute) })
      .catch(() => ({ success: true, reset: 0 }));
    if (success) return;
    const retryAfterSeconds = Math.max(1, Math.ceil((reset - Date.now()) / 1000));
    throw new CaptureError(429, "rate_limited", "rate limit exceeded: events per minute", {
      retryAfterSeconds,
    });
  };
}
