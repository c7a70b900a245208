/** Keeps what each key uses within a rate. */
export interface RateLimiter {
  /**
   * Takes `cost` units for `key` and returns 0, or takes nothing and returns the whole seconds after which the same would be
   * granted. A cost above a minute's worth is granted to a key that used nothing for a minute, which pays it off afterwards.
   */
  take(key: string, cost: number): number;
}

interface Bucket {
  units: number;
  atMs: number;
}

/** About 200 bytes each. The least recently seen key goes first, and begins anew when it returns. */
const MAX_KEYS = 10_000;
const MINUTE_MS = 60_000;
/** What many small refills may fall short by. */
const ROUNDING = 1e-6;

/**
 * A token bucket per key in this isolate's memory: `perMinute` units at once, refilled evenly. Costs no request.
 *
 * Every isolate counts on its own, and Cloudflare runs as many as it likes: the bound is on what one isolate lets through,
 * a protection and no quota. An exact one needs a counter that all share, an `INCRBY` in Redis for every request, which
 * would double what a request costs; or Cloudflare's rate limiting rules in front, which cost the gateway nothing.
 * @param now ms since 1970
 */
export function createRateLimiter({
  perMinute,
  now,
  maxKeys = MAX_KEYS,
}: {
  perMinute: number;
  now: () => number;
  maxKeys?: number;
}): RateLimiter {
  /** In the order of last use. */
  const buckets = new Map<string, Bucket>();

  return {
    take(key, cost) {
      const atMs = now();
      const bucket = buckets.get(key);
      // A clock that was set back refills nothing, and must not take away either.
      const passedMs = bucket === undefined ? MINUTE_MS : Math.max(0, atMs - bucket.atMs);
      const units = Math.min(perMinute, (bucket?.units ?? 0) + (passedMs * perMinute) / MINUTE_MS);
      const needed = Math.min(cost, perMinute);
      const granted = units + ROUNDING >= needed;
      buckets.delete(key);
      buckets.set(key, { units: granted ? units - cost : units, atMs });
      if (buckets.size > maxKeys) forgetOldest(buckets);
      return granted ? 0 : Math.ceil(((needed - units) * MINUTE_MS) / perMinute / 1000);
    },
  };
}

function forgetOldest(buckets: Map<string, Bucket>): void {
  for (const key of buckets.keys()) {
    buckets.delete(key);
    return;
  }
}
