import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";

/** Wrong tokens after which an address has to wait. */
const MAX_FAILURES = 10;
const MAX_ADDRESSES = 10_000;

/** Keeps strangers from trying many tokens. */
export interface Attempts {
  /** Whole seconds that an address has to wait; 0 when it may try. Costs nothing. */
  waitSeconds(ip: string | null): number;
  /** Notes a wrong token: one request to Redis. Never rejects; while Redis is away each isolate counts for itself. */
  failed(ip: string | null): Promise<void>;
}

/**
 * Ten failures of an address, without a quarter of an hour between any two, and it has to wait for that long. An isolate
 * learns of failures elsewhere at the first one that it sees itself, so that a right token never waits for Redis.
 */
export function createAttempts(store: Store, now: () => Date): Attempts {
  /** In the order of the last failure. */
  const known = new Map<string, { failures: number; untilMs: number }>();
  const nowMs = () => now().getTime();
  const current = (network: string) => {
    const entry = known.get(network);
    return entry && entry.untilMs > nowMs() ? entry : null;
  };

  return {
    waitSeconds(ip) {
      const entry = current(networkOf(ip));
      return entry && entry.failures >= MAX_FAILURES ? Math.ceil((entry.untilMs - nowMs()) / 1000) : 0;
    },

    async failed(ip) {
      const network = networkOf(ip);
      const untilMs = nowMs() + keys.loginFailuresTtlSeconds * 1000;
      const failures = (current(network)?.failures ?? 0) + 1;
      known.delete(network);
      known.set(network, { failures, untilMs });
      const [oldest] = known.keys();
      if (known.size > MAX_ADDRESSES && oldest !== undefined) known.delete(oldest);
      const key = keys.loginFailures(network);
      const [everywhere] = await store
        .multi()
        .incr(key)
        .expire(key, keys.loginFailuresTtlSeconds)
        .exec<[number, number]>()
        // This isolate's own count stands all the same.
        .catch(() => [0]);
      const latest = known.get(network);
      if (latest) latest.failures = Math.max(latest.failures, Number(everywhere));
    },
  };
}

/** The address; of IPv6 its first 64 bits, since whoever has one address there has all of those. */
function networkOf(ip: string | null): string {
  if (ip === null) return "unknown";
  if (!ip.includes(":") || ip.includes(".")) return ip;
  const [head = "", tail] = ip.split("::").map((part) => part.split(":").filter(Boolean));
  const groups = [
    ...head,
    ...Array<string>(Math.max(0, 8 - head.length - (tail?.length ?? 0))).fill("0"),
    ...(tail ?? []),
  ];
  return groups.slice(0, 4).join(":");
}
