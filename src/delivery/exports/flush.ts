import type { Scope } from "../../apps/scope.ts";
import type { Store } from "../../store.ts";
import type { OutgoingMessage } from "../queue.ts";
import { persist } from "../persist.ts";
import { REDIS_RETRY_SECONDS } from "../redis-retry.ts";
import { batchId, takeBatch, type Taking } from "./batch.ts";

/** Batches that one flush takes before it hands over to the next message. */
const MAX_BATCHES_PER_FLUSH = 20;

/**
 * Takes batch after batch of what is due and has it worked on, first of all those that an earlier delivery of the same message
 * took and did not come to the end of. Resolves to the messages that follow, one that goes on with the buffer (`rest`) among
 * them when this one has done enough. Rejects when Redis refuses or `work` does and nothing has to be published by then.
 */
export async function flushBuffer<Item>(
  taking: Taking,
  options: {
    store: Store;
    scope: Pick<Scope, "subrequests">;
    subrequestBudget: number;
    nowMs: () => number;
    rest: (delaySeconds: number) => OutgoingMessage;
    work: (batch: string, items: Item[]) => Promise<readonly OutgoingMessage[]>;
  },
): Promise<OutgoingMessage[]> {
  const { store, scope } = options;
  const outgoing: OutgoingMessage[] = [];
  let reached = 0;
  for (let number = 0; ; number += 1) {
    const isTired = number >= MAX_BATCHES_PER_FLUSH || scope.subrequests >= options.subrequestBudget;
    // What was taken in this message's name is found by no other.
    if (isTired && number >= reached) return [...outgoing, options.rest(0)];
    try {
      scope.subrequests += 1;
      const nowMs = options.nowMs();
      const taken = await persist(() => takeBatch<Item>(store, { ...taking, number, nowMs }));
      ({ reached } = taken);
      if (taken.items) outgoing.push(...(await options.work(batchId(taking.by, number), taken.items)));
      else if (number >= reached) return outgoing;
      if (taking.onlyFull && !taken.full && number + 1 >= reached) return outgoing;
    } catch (error) {
      // Offered again, this message would do again what the others that follow from it are about.
      if (outgoing.length === 0) throw error;
      return [...outgoing, options.rest(REDIS_RETRY_SECONDS)];
    }
  }
}
