import type { Store } from "../../store.ts";
import { type OutgoingMessage, type Queue, QueueUnavailable } from "../queue.ts";
import { readEntry } from "./entry.ts";
import { createLine, type Line, type Waiting } from "./line.ts";
import { renewSpool } from "./renew.ts";

/** What one sweep does at the most: a full spool comes back at a rate that the gateway and PostHog bear. */
const MAX_BATCHES = 30;
const MAX_BYTES = 30_000_000;
const MAX_MS = 20_000;

/** Bytes of one batch: it is in memory as text, and as the request that QStash gets. */
const MAX_BATCH_BYTES = 4_000_000;

/** Requests that a batch takes: to read it, to publish it, to remove it. */
const REQUESTS_PER_BATCH = 3;

/**
 * Publishes what waits in the spool, in order of arrival, until QStash refuses, or the sweep has done its share of it; the
 * rest is the next one's; what waits for long is kept for longer. One Redis command when the spool is empty. What was published and not removed, because the process
 * ended, is published again: its id makes that harmless. Rejects when Redis does not answer.
 */
export type Drain = () => Promise<void>;

export function createDrain(options: {
  store: Store;
  /** QStash itself: what it refuses stays where it is. */
  qstash: Queue;
  /** Of an invocation of the Worker; the sweep takes half of it. */
  subrequestBudget: number;
  now: () => Date;
  uuid: () => string;
  onFault: (message: string) => void;
  onProgress: (message: string) => void;
}): Drain {
  const { store, qstash } = options;
  const nowMs = () => options.now().getTime();
  const maxBatches = Math.min(MAX_BATCHES, Math.floor(options.subrequestBudget / 2 / REQUESTS_PER_BATCH));

  async function publish(waiting: readonly Waiting[], line: Line): Promise<Published> {
    const texts = await line.read(waiting);
    const messages = new Map<OutgoingMessage, Waiting>();
    const missing: Waiting[] = [];
    waiting.forEach((each, index) => {
      const text = texts[index];
      if (text) messages.set(readEntry(text, nowMs()), each);
      else missing.push(each);
    });
    try {
      await qstash.publish([...messages.keys()]);
      return { accepted: [...messages.values()], missing, faulty: [], stop: false };
    } catch (error) {
      if (!(error instanceof QueueUnavailable)) throw error;
      const refused = new Set(error.refused ?? messages.keys());
      options.onFault(`${refused.size} spooled messages stay in Redis: ${error.message}`);
      const [accepted, left]: [Waiting[], Waiting[]] = [[], []];
      for (const [message, each] of messages) (refused.has(message) ? left : accepted).push(each);
      return error.blames === "message"
        ? { accepted, missing, faulty: left, stop: false }
        : { accepted, missing, faulty: [], stop: true };
    }
  }

  return async () => {
    const line = createLine({ store, owner: options.uuid(), nowMs });
    const startedAtMs = nowMs();
    const begun = await line.begin();
    let waiting: Waiting[] | null = begun.waiting;
    if (waiting.length === 0) return;
    await renewSpool(store, begun.count, startedAtMs);
    let [count, bytes] = [0, 0];
    for (let batch = 0; batch < maxBatches && waiting.length > 0; batch += 1) {
      // The first goes alone, so that no more than one is read in vain while QStash is away.
      const some: Waiting[] = batch === 0 ? waiting.slice(0, 1) : fitting(waiting);
      const { accepted, missing, faulty, stop } = await publish(some, line);
      count += accepted.length;
      bytes += accepted.reduce((sum, { size }) => sum + size, 0);
      waiting = await line.moveOn([...accepted, ...missing], faulty);
      // Another sweep has taken over, and has published what is missing here.
      if (!waiting) return;
      if (missing.length > 0) {
        options.onFault(
          `${missing.length} spooled messages are lost: Redis has dropped them, as it does when no sweep has run for 14 days`,
        );
      }
      if (stop || bytes >= MAX_BYTES || nowMs() - startedAtMs >= MAX_MS) break;
    }
    const left = await line.end();
    if (count > 0) options.onProgress(`${count} spooled messages were published, ${left} wait`);
  };
}

/** What became of some messages of the line. */
interface Published {
  accepted: readonly Waiting[];
  /** Redis has them no more. */
  missing: readonly Waiting[];
  /** QStash finds fault with these, not with all. */
  faulty: readonly Waiting[];
  /** It takes none just now. */
  stop: boolean;
}

/** The first of a line that fit into one batch, at least one. */
function fitting(waiting: readonly Waiting[]): Waiting[] {
  let bytes = 0;
  return waiting.filter(({ size }, index) => {
    bytes += size;
    return index === 0 || bytes <= MAX_BATCH_BYTES;
  });
}
