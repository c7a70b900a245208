/** How long what Redis did not take waits in the queue, at first and at the most. */
export const REDIS_RETRY_SECONDS = 30;
const MAX_SECONDS = 600;

/**
 * Seconds until Redis is asked again to take something that has been on its way since `sinceMs`: as long again as it has
 * taken so far. Each time is a message that is billed, and in an outage of hours there are many of them.
 */
export function redisRetryDelay(sinceMs: number, nowMs: number): number {
  return Math.min(MAX_SECONDS, Math.max(REDIS_RETRY_SECONDS, Math.ceil((nowMs - sinceMs) / 1000)));
}
