import type { Outage } from "./delivery/outage.ts";
import type { QStashQueue } from "./delivery/queue.ts";
import { keys } from "./keys.ts";
import type { Store } from "./store.ts";
import { within } from "./within.ts";

/**
 * How long an observation is reported before anything is asked again: a monitor, or anybody who asks often, costs two
 * requests in that time.
 */
const KNOWN_FOR_MS = 30_000;

/** A monitor does not wait long. */
const STORE_TIMEOUT_MS = 1000;

/** What this isolate can reach; unknown until it has been tried. */
export interface Health {
  queue: Reachability;
  store: Reachability;
  /** Messages that wait in Redis for QStash; null when Redis does not say. */
  spooled: number | null;
}

type Reachability = "reachable" | "unreachable" | "unknown";

/**
 * Says what is reachable. Asks Redis, and QStash unless it was used lately, every 30 s at the most: a request with one
 * command to the one, a request and no message to the other. Never rejects; after a second what did not answer is unreachable.
 */
export function createHealth(options: {
  qstash: Pick<QStashQueue, "reach">;
  outage: Pick<Outage, "last">;
  store: Store;
  now: () => Date;
}): () => Promise<Health> {
  const nowMs = () => options.now().getTime();
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let seen: Health = { queue: "unknown", store: "unknown", spooled: null };

  async function lookAtStore(): Promise<Pick<Health, "store" | "spooled">> {
    try {
      const late = () => new Error("no answer");
      const spooled = await within(STORE_TIMEOUT_MS, options.store.zcard(keys.spool), late);
      return { store: "reachable", spooled: Number(spooled) };
    } catch {
      // Whoever needed Redis has logged why.
      return { store: "unreachable", spooled: null };
    }
  }

  /** What publishing has shown, as long as that is fresh. */
  function lastQueue(): Reachability | null {
    const last = options.outage.last();
    if (!last || nowMs() - last.atMs >= KNOWN_FOR_MS) return null;
    return last.isUp ? "reachable" : "unreachable";
  }

  async function lookAtQueue(): Promise<Reachability> {
    return (
      lastQueue() ??
      options.qstash.reach().then(
        () => "reachable",
        () => "unreachable",
      )
    );
  }

  return async () => {
    if (nowMs() - askedAtMs >= KNOWN_FOR_MS) {
      // Those who ask meanwhile are told what was known before: on Workers nobody may wait for another's request.
      askedAtMs = nowMs();
      const [queue, store] = await Promise.all([lookAtQueue(), lookAtStore()]);
      seen = { queue, ...store };
    }
    return { ...seen, queue: lastQueue() ?? seen.queue };
  };
}
