import { describeStoreError } from "../store.ts";
import type { Outage } from "./outage.ts";
import { type OutgoingMessage, type Queue, QueueUnavailable } from "./queue.ts";
import type { Spool } from "./spool/index.ts";

/**
 * QStash, and the spool in Redis for what QStash does not take. Costs what QStash does; during an outage one Redis request
 * of about eight commands instead. What QStash may have taken although it did not say so is spooled as well: a message's id
 * makes its second copy harmless. Rejects with `QueueUnavailable` when neither took everything.
 */
export function createDurableQueue(options: { qstash: Queue; spool: Spool; outage: Outage }): Queue {
  const { qstash, spool, outage } = options;

  /** Resolves to what QStash refused, all or some of it; null when it took everything. */
  async function offer(messages: readonly OutgoingMessage[]): Promise<Refusal | null> {
    try {
      await qstash.publish(messages);
      return null;
    } catch (error) {
      if (!(error instanceof QueueUnavailable)) throw error;
      return { left: error.refused ?? messages, reason: error.reason };
    }
  }

  /** Resolves to why the spool did not take them; null when it did. */
  async function keep(messages: readonly OutgoingMessage[]): Promise<string | null> {
    try {
      await spool.put(messages);
      return null;
    } catch (error) {
      return describeStoreError(error);
    }
  }

  return {
    async publish(messages) {
      if (messages.length === 0) return;
      const isSkipped = !outage.mayTry();
      let refusal = isSkipped ? null : await offer(messages);
      if (!isSkipped && !refusal) return;
      const unkept = await keep(refusal?.left ?? messages);
      if (unkept === null) return;
      // With the spool away too, waiting for QStash is better than refusing what it may take again by now.
      refusal ??= await offer(messages);
      if (!refusal) return;
      const { left, reason } = refusal;
      const refused = left.length < messages.length ? left : undefined;
      throw new QueueUnavailable(`${reason}; nor did the spool: ${unkept}`, "queue", refused);
    },
  };
}

interface Refusal {
  left: readonly OutgoingMessage[];
  reason: string;
}
