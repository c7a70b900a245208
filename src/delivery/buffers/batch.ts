import type { AppBuffer } from "../../apps/buffer.ts";
import type { Instance } from "../../apps/instance.ts";
import type { Scope } from "../../apps/scope.ts";
import { deriveId } from "../../derived-id.ts";
import type { Store } from "../../store.ts";
import type { DeadLetters } from "../dead-letters/index.ts";
import { acknowledgement, expectBatch, readBatch } from "../exports/batch.ts";
import { bufferName } from "../exports/buffer.ts";
import { executeDeferred } from "../hooks/execute.ts";
import type { StoredObject } from "../message.ts";
import type { OutgoingMessage } from "../queue.ts";
import { persist } from "../persist.ts";
import { redisRetryDelay } from "../redis-retry.ts";
import { bufferMessage } from "./message.ts";

/** A batch that has been taken out of a buffer and stays in Redis until it is done with. */
export interface Batch {
  project: string;
  plugin: string;
  /** The buffer's number. */
  buffer: number;
  id: string;
  /** Executions of `onFlush` so far. */
  attempt: number;
  /** Milliseconds since the epoch of the first one. */
  firstAt: number;
  /** The message in whose name it is worked on now: what follows from that is the same when it is done again. */
  by: string;
}

/** What a batch came to: what must be published, and what `onFlush` threw, if it did. */
export interface Flushed {
  outgoing: OutgoingMessage[];
  failure?: { thrown: unknown };
}

export interface Batches {
  /** The objects of a batch, or null when an earlier delivery has done with it. One command. */
  read(batch: Batch): Promise<StoredObject[] | null>;
  /** Runs `onFlush` over a batch: a `RetryError` brings it back three times, any other error makes it a dead letter. */
  run(
    batch: Batch,
    to: { instance: Instance; buffer: AppBuffer; objects: readonly StoredObject[] },
    scope: Scope,
  ): Promise<Flushed>;
  /** Makes a batch a dead letter, as Redis holds it: the app may have changed the objects that it was given. */
  abandon(batch: Batch, error: string, generation: number): Promise<OutgoingMessage[]>;
  /** Forgets a batch. While Redis refuses, a message does so later: it would be flushed again otherwise. Never rejects. */
  settle(batch: Batch, generation: number): Promise<OutgoingMessage[]>;
}

export function createBatches(options: {
  store: Store;
  deadLetters: DeadLetters;
  timeoutMs: number;
  now: () => Date;
}): Batches {
  const { store } = options;
  const nowMs = () => options.now().getTime();
  const nameOf = ({ project, plugin, buffer, id }: Batch) => {
    return { project, plugin: bufferName(plugin, buffer), batch: id };
  };

  /** What is in these buffers are no events, and nothing counts them. */
  const forgetting = (batch: Batch) => acknowledgement({ ...nameOf(batch), counts: {}, nowMs: nowMs() });

  async function settle(batch: Batch, generation: number): Promise<OutgoingMessage[]> {
    try {
      await persist(() => store.eval(...forgetting(batch)));
      return [];
    } catch {
      const { project, plugin, buffer, id, firstAt, by } = batch;
      const message = {
        id: deriveId("settled", id, by),
        project,
        plugin,
        buffer,
        firstAt,
        generation,
      };
      return [bufferMessage({ ...message, work: { settled: id } }, redisRetryDelay(firstAt, nowMs()))];
    }
  }

  const read = (batch: Batch) => readBatch<StoredObject>(store, nameOf(batch));

  async function abandon(batch: Batch, error: string, generation: number): Promise<OutgoingMessage[]> {
    const { project, plugin, buffer, id, attempt, firstAt } = batch;
    const objects = await persist(() => read(batch));
    if (!objects) return settle(batch, generation);
    const locations = objects.flatMap((object) => object.locations ?? []);
    const letter = {
      id: `${id}:${plugin}`,
      project,
      plugin,
      hook: "onFlush",
      buffer,
      error,
      attempts: attempt,
      firstAt: new Date(firstAt).toISOString(),
      lastAt: options.now().toISOString(),
      events: objects.map(({ object }) => object),
      points: objects.map((object) => object.points),
      ...(locations.length > 0 ? { locations } : {}),
      ...(generation ? { generation } : {}),
    };
    await persist(() => options.deadLetters.add([letter], forgetting(batch)));
    return [];
  }

  return {
    read,
    abandon,
    settle,

    async run(batch, { instance, buffer, objects }, scope) {
      for (const { locations } of objects) {
        for (const location of locations ?? []) scope.locations.set(location.ip, location);
      }
      const points = objects.reduce((sum, object) => sum + object.points, 0);
      const tried = { ...batch, attempt: batch.attempt + 1 };
      const execution = await executeDeferred({
        instance,
        hook: "onFlush",
        scope,
        attempt: tried.attempt,
        timeoutMs: options.timeoutMs,
        call: () =>
          buffer.onFlush(
            objects.map(({ object }) => object),
            points,
          ),
      });
      const { project, plugin, buffer: number, id, attempt, firstAt } = tried;
      switch (execution.outcome) {
        case "done":
          return { outgoing: await settle(tried, scope.generation) };
        case "retry": {
          const message = {
            id: deriveId("batch", id, String(attempt)),
            project,
            plugin,
            buffer: number,
            firstAt,
            generation: scope.generation,
          };
          // At worst the sweep takes the batch for stranded, and it is flushed before its time.
          await expectBatch(store, nameOf(tried), nowMs() + execution.delaySeconds * 1000).catch(() => {});
          const again = bufferMessage({ ...message, work: { batch: id, attempt } }, execution.delaySeconds);
          return { outgoing: [again], failure: execution };
        }
        case "dead":
          return {
            outgoing: await abandon(tried, execution.error, scope.generation),
            failure: execution,
          };
      }
    },
  };
}
