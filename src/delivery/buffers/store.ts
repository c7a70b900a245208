import type { BufferedObject, BufferPlace } from "../../apps/buffer.ts";
import type { Leftovers } from "../../apps/leftovers.ts";
import { deriveId } from "../../derived-id.ts";
import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";
import { appendToBuffer, type BufferItem, bufferName } from "../exports/buffer.ts";
import { locationsIn } from "../locations.ts";
import type { BufferWork } from "../message.ts";
import type { OutgoingMessage } from "../queue.ts";
import { REDIS_RETRY_SECONDS } from "../redis-retry.ts";
import { bufferMessage } from "./message.ts";

/** The way of objects into the buffers that apps make with `createBuffer`. */
export interface BufferStore {
  /**
   * Puts what apps added in one piece of work into Redis, and resolves to the messages that flush it: one when a buffer
   * is full, one for its time when it was empty. What Redis refuses waits in the queue. The same work done again within the
   * hour adds the same objects once. One request a buffer. Never rejects.
   */
  add(leftovers: Pick<Leftovers, "id" | "added" | "generation" | "locations">): Promise<OutgoingMessage[]>;
  /** Puts items into one buffer, once in the name of a message (`from`) if there is one. Rejects when Redis refuses. */
  append(
    place: BufferPlace,
    items: readonly BufferItem[],
    generation: number,
    from?: string,
  ): Promise<OutgoingMessage[]>;
  /** A message, of this id, that has something done about a buffer. */
  ask(
    id: string,
    place: BufferPlace,
    work: BufferWork,
    generation: number,
    delaySeconds?: number,
  ): OutgoingMessage;
}

export function createBufferStore(options: {
  store: Store;
  now: () => Date;
  uuid: () => string;
}): BufferStore {
  const build = (
    id: string,
    { project, plugin, number }: BufferPlace,
    work: BufferWork,
    generation: number,
    delaySeconds = 0,
  ) => {
    const firstAt = options.now().getTime();
    return bufferMessage({ id, project, plugin, buffer: number, firstAt, generation, work }, delaySeconds);
  };

  const append: BufferStore["append"] = async (place, items, generation, from) => {
    const appending = {
      project: place.project,
      plugin: bufferName(place.plugin, place.number),
      items,
      limits: { maxSize: place.limit, maxSeconds: place.timeoutSeconds },
      nowMs: options.now().getTime(),
    };
    const mark = { route: "buffer", rememberedSeconds: keys.appendedTtlSeconds } as const;
    const { full, first } = await appendToBuffer(options.store, {
      ...appending,
      ...(from === undefined ? {} : { from: { ...mark, id: from } }),
    });
    const flush = (reason: "size" | "time", delaySeconds: number) => {
      const id = from === undefined ? options.uuid() : deriveId(from, reason);
      return build(id, place, { flush: reason }, generation, delaySeconds);
    };
    return [...(full ? [flush("size", 0)] : []), ...(first ? [flush("time", place.timeoutSeconds)] : [])];
  };

  return {
    ask: build,
    append,
    async add({ id, added, generation, locations }) {
      const outgoing = added.map(({ place, objects }) => {
        const items = packObjects(objects, locations);
        const from = nameOf(id, place, items);
        return append(place, items, generation, from).catch(() => [
          build(from, place, { place, items }, generation, REDIS_RETRY_SECONDS),
        ]);
      });
      return (await Promise.all(outgoing)).flat();
    },
  };
}

/**
 * Names what a piece of work adds to a buffer, the same when it is done again: by its content, since an app may add something
 * else then, and not by the content's order, which is another one when events run concurrently.
 */
function nameOf(id: string, { project, plugin, number }: BufferPlace, items: readonly BufferItem[]): string {
  return deriveId(
    "append",
    id,
    project,
    bufferName(plugin, number),
    ...items.map(({ json }) => json).toSorted(),
  );
}

/** Objects as Redis keeps them: `StoredObject`s as JSON, put together as text because they are JSON already. */
export function packObjects(
  objects: readonly BufferedObject[],
  locations: Leftovers["locations"],
): BufferItem[] {
  return objects.map(({ points, json }) => {
    const mentioned = locationsIn(json, locations.values());
    const located = mentioned.length > 0 ? `,"locations":${JSON.stringify(mentioned)}` : "";
    return { size: points, json: `{"points":${points},"object":${json}${located}}` };
  });
}
