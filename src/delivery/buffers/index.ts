import type { AppBuffer } from "../../apps/buffer.ts";
import type { Instance } from "../../apps/instance.ts";
import type { Instances } from "../../apps/instances.ts";
import type { Scope } from "../../apps/scope.ts";
import { deriveId } from "../../derived-id.ts";
import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";
import { batchId, takeBatch, type Taking } from "../exports/batch.ts";
import { bufferName, dueMember } from "../exports/buffer.ts";
import { flushBuffer } from "../exports/flush.ts";
import { SHELVED_TOO_LONG, shelveBuffer } from "../exports/shelf.ts";
import type { BufferMessage, StoredObject } from "../message.ts";
import type { OutgoingMessage, Queue } from "../queue.ts";
import type { Batch, Batches, Flushed } from "./batch.ts";
import { bufferMessage } from "./message.ts";
import { type BufferStore, packObjects } from "./store.ts";

/** How long the work of an app that is not set up yet is put off. */
const PUT_OFF_SECONDS = 10;

/** A buffer that the app has not made in this isolate is looked for this often, for a day. */
const MISSING_RETRY_SECONDS = 600;
const MISSING_PATIENCE_MS = 24 * 60 * 60 * 1000;

/** The buffers that apps make with `createBuffer`, from Redis to `onFlush` having done with what they hold. */
export interface Buffers {
  /** Does what a message asks for. Resolves to what must be published. Rejects when Redis refuses. */
  work(message: BufferMessage, scope: Scope): Promise<OutgoingMessage[]>;
  /**
   * The app's own `flush()`: brings it all that the buffer holds, here and now. Rejects with what `onFlush` throws first;
   * what it failed with is tried again, or becomes a dead letter, all the same.
   */
  flushNow(instance: Instance, buffer: AppBuffer, scope: Scope): Promise<void>;
}

export function createBuffers(options: {
  instances: Instances;
  store: Store;
  buffers: BufferStore;
  batches: Batches;
  publish: Queue["publish"];
  subrequestBudget: number;
  now: () => Date;
  uuid: () => string;
}): Buffers {
  const { instances, store, buffers, batches } = options;
  const nowMs = () => options.now().getTime();

  /** Takes batch after batch of what is due, each under a name of its own, and runs `onFlush` over it. */
  async function flush(
    { instance, buffer }: { instance: Instance; buffer: AppBuffer },
    { by, reason }: { by: Taking["by"]; reason: "size" | "time" },
    scope: Scope,
  ): Promise<Flushed> {
    const { project, plugin, number, limit, timeoutSeconds } = buffer.place;
    let failure: Flushed["failure"];
    const outgoing = await flushBuffer<StoredObject>(
      {
        project,
        plugin: bufferName(plugin, number),
        by,
        limits: { maxSize: limit, maxSeconds: timeoutSeconds },
        onlyFull: reason === "size",
      },
      {
        ...options,
        scope,
        nowMs,
        rest: (delaySeconds) =>
          buffers.ask(
            deriveId(by.id, "rest"),
            buffer.place,
            { flush: reason },
            scope.generation,
            delaySeconds,
          ),
        async work(id, objects) {
          const batch = { project, plugin, buffer: number, id, attempt: 0, firstAt: nowMs(), by: by.id };
          const flushed = await batches.run(batch, { instance, buffer, objects }, scope);
          failure ??= flushed.failure;
          return flushed.outgoing;
        },
      },
    );
    return { outgoing, ...(failure ? { failure } : {}) };
  }

  async function retry(
    batch: Batch,
    to: { instance: Instance; buffer: AppBuffer },
    scope: Scope,
  ): Promise<OutgoingMessage[]> {
    const objects = await batches.read(batch);
    if (!objects) return batches.settle(batch, scope.generation);
    return (await batches.run(batch, { ...to, objects }, scope)).outgoing;
  }

  /** The app is there, but has not made this buffer: one that it makes in an event hook may come yet. */
  async function missing(message: BufferMessage, instance: Instance): Promise<OutgoingMessage[]> {
    const { project, plugin, buffer: number, firstAt, work } = message;
    if ("flush" in work && work.flush === "size") return [];
    const what = `this app has not made its buffer ${number} in this isolate, which holds objects`;
    if (nowMs() - firstAt < MISSING_PATIENCE_MS) {
      instance.log("WARN", "SYSTEM", `${what}: make it in setupPlugin. They wait`, "onFlush");
      const member = dueMember(project, bufferName(plugin, number));
      await store.zadd(
        keys.exportsDue,
        { xx: true },
        { score: nowMs() + MISSING_RETRY_SECONDS * 1000, member },
      );
      return [bufferMessage({ ...message, id: deriveId("missing", message.id) }, MISSING_RETRY_SECONDS)];
    }
    return abandonAll(message, what);
  }

  /** The app is not set up yet, or does not run. What is in Redis of one that does not run waits on the shelf, for a week. */
  async function absent(message: BufferMessage): Promise<OutgoingMessage[]> {
    const { id, project, plugin, buffer, work } = message;
    if (instances.waiting(project).some((waiting) => waiting.plugin === plugin)) {
      return [bufferMessage({ ...message, id: deriveId("put off", id) }, PUT_OFF_SECONDS)];
    }
    if (!("flush" in work)) return abandonAll(message, "the app is disabled, or no longer deployed");
    const isShelved = await shelveBuffer(store, project, bufferName(plugin, buffer), nowMs());
    return isShelved ? [] : abandonAll(message, SHELVED_TOO_LONG);
  }

  /** Makes what a message is about a dead letter. */
  async function abandonAll(message: BufferMessage, what: string): Promise<OutgoingMessage[]> {
    const { id, project, plugin, buffer, firstAt, generation, work } = message;
    const batch = { project, plugin, buffer, firstAt, by: id };
    if ("batch" in work) {
      return batches.abandon({ ...batch, id: work.batch, attempt: work.attempt }, what, generation);
    }
    const by = { route: "buffer", id } as const;
    const limits = { maxSize: Number.MAX_SAFE_INTEGER, maxSeconds: 0 };
    const name = bufferName(plugin, buffer);
    await takeBatch(store, { project, plugin: name, by, number: 0, limits, onlyFull: false, nowMs: nowMs() });
    return batches.abandon({ ...batch, id: batchId(by, 0), attempt: 0 }, what, generation);
  }

  return {
    async work(message, scope) {
      const { id, project, plugin, buffer: number, firstAt, work } = message;
      if ("items" in work) return buffers.append(work.place, work.items, scope.generation, id);
      if ("settled" in work) {
        const batch = { project, plugin, buffer: number, id: work.settled, attempt: 0, firstAt, by: id };
        return batches.settle(batch, scope.generation);
      }
      const instance = await instances.find(project, plugin, scope);
      if (!instance) return absent(message);
      const buffer = instance.buffers[number];
      if (!buffer) return missing(message, instance);
      const to = { instance, buffer };
      const outgoing =
        "flush" in work
          ? (await flush(to, { by: { route: "buffer", id }, reason: work.flush }, scope)).outgoing
          : await retry(
              { project, plugin, buffer: number, id: work.batch, attempt: work.attempt, firstAt, by: id },
              to,
              scope,
            );
      void instance.global.save(scope.commands);
      return outgoing;
    },

    async flushNow(instance, buffer, scope) {
      const { place } = buffer;
      const kept = scope.buffered(place, "take");
      try {
        if (kept.length > 0)
          await buffers.append(place, packObjects(kept, scope.locations), scope.generation);
      } catch (error) {
        // Back to where they were: what ends the invocation puts them into the queue.
        for (const object of kept) void scope.buffer(place, object);
        throw error;
      }
      const by = { route: null, id: options.uuid() };
      const { outgoing, failure } = await flush({ instance, buffer }, { by, reason: "time" }, scope);
      await options.publish(outgoing);
      if (failure) throw failure.thrown;
    },
  };
}
