import type { Generations } from "./apps/generation.ts";
import type { Leftovers } from "./apps/leftovers.ts";
import { createScope, type Scope } from "./apps/scope.ts";
import type { BufferStore } from "./delivery/buffers/store.ts";
import { leftoverMessages } from "./delivery/publish.ts";
import type { OutgoingMessage, Queue } from "./delivery/queue.ts";
import type { Store } from "./store.ts";

/** How pieces of work begin, and what becomes of what apps leave behind in them. */
export interface Scopes {
  /** Begins a piece of work. `id` names one that may be done again, `address` is where it was asked for. */
  openScope(
    waitUntil: (promise: Promise<unknown>) => void,
    generation: number,
    work?: { id?: string | undefined; address?: string },
  ): Scope;
  /** Ends a piece of work. Resolves to the messages for what apps left behind, which have to be published. */
  leftovers(scope: Scope): Promise<OutgoingMessage[]>;
  /** The same, and publishes them. Rejects with `QueueUnavailable`. */
  finish(scope: Scope): Promise<void>;
}

export function createScopes(options: {
  store: Store;
  queue: Queue;
  bufferStore: BufferStore;
  generations: Generations;
  publicUrl: string;
  maxMessageBytes: number;
  /** Sends what has been logged; undefined when there is nothing. */
  flushLogs: () => Promise<void> | undefined;
  now: () => Date;
  uuid: () => string;
}): Scopes {
  const { store, queue, generations, publicUrl } = options;
  const nowMs = () => options.now().getTime();

  async function messagesOf(left: Leftovers): Promise<OutgoingMessage[]> {
    return [...leftoverMessages(left, options), ...(await options.bufferStore.add(left))];
  }

  const scopes: Scopes = {
    openScope: (waitUntil, generation, { id = options.uuid(), address = publicUrl } = {}) =>
      createScope({
        id,
        store,
        nowMs,
        generation,
        ownAddresses: [publicUrl, address],
        seal: generations.seal,
        waitUntil,
        publish: async (late) => queue.publish(await messagesOf(late)),
        flushLogs: options.flushLogs,
      }),
    leftovers: async (scope) => messagesOf(await scope.finish()),
    finish: async (scope) => queue.publish(await scopes.leftovers(scope)),
  };
  return scopes;
}
