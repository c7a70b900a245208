import type { AppBuffer } from "../../apps/buffer.ts";
import type { Instance } from "../../apps/instance.ts";
import type { Instances } from "../../apps/instances.ts";
import type { Scope } from "../../apps/scope.ts";
import { deriveId } from "../../derived-id.ts";
import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";
import { takeBatch } from "../exports/batch.ts";
import { bufferName, dueMember } from "../exports/buffer.ts";
import type { BufferMessage, StoredObject } from "../message.ts";
import type { OutgoingMessage, Queue } from "../queue.ts";
import type { Batch, Batches, Flushed } from "./batch.ts";
import { bufferMessage } from "./message.ts";
import { type BufferStore, packObjects } from "./store.ts";

/** Batches that one flush brings to the app before it hands over to the next message. */
const MAX_BATCHES_PER_FLUSH = 20;

/** How long the work of an app that is not set up yet is put off. */
const PUT_OFF_SECONDS = 10;

/** A buffer that the app has not made in this isolate is looked for this often, for a day. */
const MISSING_RETRY_SECONDS = 600;
const MISSING_PATIENCE_MS = 24 * 60 * 60 * 1000;

/** A batch that the app flushes itself is taken over by the sweep when nothing has been heard of it for so long. */
const OWN_FLUSH_PATIENCE_MS = 15 * 60 * 1000;

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
    { id, reason, announce }: { id: string; reason: "size" | "time"; announce?: (batch: string) => unknown },
    scope: Scope,
  ): Promise<Flushed> {
    const { project, plugin, number, limit, timeoutSeconds } = buffer.place;
    const limits = { maxSize: limit, maxSeconds: timeoutSeconds };
    const onlyFull = reason === "size";
    const flushed: Flushed = { outgoing: [] };
    for (let index = 0; ; index += 1) {
      if (index === MAX_BATCHES_PER_FLUSH || scope.subrequests >= options.subrequestBudget) {
        flushed.outgoing.push(buffers.ask(buffer.place, { flush: reason }, scope.generation));
        return flushed;
      }
      const batch = { project, plugin, buffer: number, id: `${id}:${index}`, attempt: 0, firstAt: nowMs() };
      await announce?.(batch.id);
      const { items, full } = await takeBatch<StoredObject>(store, {
        project,
        plugin: bufferName(plugin, number),
        batch: batch.id,
        limits,
        onlyFull,
        nowMs: nowMs(),
      });
      scope.subrequests += 1;
      if (!items) return flushed;
      const { outgoing, failure } = await batches.run(batch, { instance, buffer, objects: items }, scope);
      flushed.outgoing.push(...outgoing);
      if (failure) flushed.failure ??= failure;
      if (onlyFull && !full) return flushed;
    }
  }

  async function retry(
    batch: Batch,
    to: { instance: Instance; buffer: AppBuffer },
    scope: Scope,
  ): Promise<OutgoingMessage[]> {
    const objects = await batches.read(batch);
    const { outgoing } = objects ? await batches.run(batch, { ...to, objects }, scope) : { outgoing: [] };
    await store.zrem(
      keys.exportsDue,
      dueMember(batch.project, bufferName(batch.plugin, batch.buffer), batch.id),
    );
    return outgoing;
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
      return [bufferMessage({ ...message, id: options.uuid() }, MISSING_RETRY_SECONDS)];
    }
    const batch: Batch = { project, plugin, buffer: number, id: message.id, attempt: 0, firstAt };
    if ("batch" in work) {
      await batches.abandon({ ...batch, id: work.batch, attempt: work.attempt }, what);
    } else {
      const limits = { maxSize: Number.MAX_SAFE_INTEGER, maxSeconds: 0 };
      const name = bufferName(plugin, number);
      const taking = { project, plugin: name, batch: batch.id, limits, onlyFull: false, nowMs: nowMs() };
      await takeBatch(store, taking);
      await batches.abandon(batch, what);
    }
    return [];
  }

  /** The app is not set up, or no longer there. What is in Redis stays; the sweep comes back to it. */
  async function absent(message: BufferMessage): Promise<OutgoingMessage[]> {
    const { project, plugin, buffer, firstAt, work } = message;
    if (!("batch" in work)) return [];
    if (instances.waiting(project).some((waiting) => waiting.plugin === plugin)) {
      return [bufferMessage({ ...message, id: deriveId("put off", message.id) }, PUT_OFF_SECONDS)];
    }
    const batch: Batch = { project, plugin, buffer, id: work.batch, attempt: work.attempt, firstAt };
    await batches.abandon(batch, "the app is disabled, or no longer deployed");
    return [];
  }

  return {
    async work(message, scope) {
      const { id, project, plugin, buffer: number, firstAt, work } = message;
      if ("items" in work) return buffers.append(work.place, work.items, scope.generation);
      const instance = await instances.find(project, plugin, scope);
      if (!instance) return absent(message);
      const buffer = instance.buffers[number];
      if (!buffer) return missing(message, instance);
      const to = { instance, buffer };
      const outgoing =
        "flush" in work
          ? (await flush(to, { id, reason: work.flush }, scope)).outgoing
          : await retry(
              { project, plugin, buffer: number, id: work.batch, attempt: work.attempt, firstAt },
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
      const announced: string[] = [];
      const announce = (batch: string) => {
        const member = dueMember(place.project, bufferName(place.plugin, place.number), batch);
        announced.push(member);
        return store.zadd(keys.exportsDue, { score: nowMs() + OWN_FLUSH_PATIENCE_MS, member });
      };
      const { outgoing, failure } = await flush(
        { instance, buffer },
        { id: options.uuid(), reason: "time", announce },
        scope,
      );
      await options.publish(outgoing);
      await store.zrem(keys.exportsDue, ...announced);
      if (failure) throw failure.thrown;
    },
  };
}
