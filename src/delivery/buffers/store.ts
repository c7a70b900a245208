import type { BufferedObject, BufferPlace } from "../../apps/buffer.ts";
import type { Leftovers } from "../../apps/leftovers.ts";
import type { Store } from "../../store.ts";
import { appendToBuffer, type BufferItem, bufferName } from "../exports/buffer.ts";
import { REDIS_RETRY_SECONDS } from "../follow-up.ts";
import { locationsIn } from "../locations.ts";
import type { BufferWork } from "../message.ts";
import type { OutgoingMessage } from "../queue.ts";
import { bufferMessage } from "./message.ts";

/** The way of objects into the buffers that apps make with `createBuffer`. */
export interface BufferStore {
  /**
   * Puts what apps added in one piece of work into Redis, and resolves to the messages that flush it: one when a buffer
   * is full, one for its time when it was empty. What Redis refuses waits in the queue. One request a buffer. Never rejects.
   */
  add(leftovers: Pick<Leftovers, "added" | "generation" | "locations">): Promise<OutgoingMessage[]>;
  /** Puts items into one buffer. Rejects when Redis refuses. */
  append(place: BufferPlace, items: readonly BufferItem[], generation: number): Promise<OutgoingMessage[]>;
  /** A message that has something done about a buffer. */
  ask(place: BufferPlace, work: BufferWork, generation: number, delaySeconds?: number): OutgoingMessage;
}

export function createBufferStore(options: {
  store: Store;
  now: () => Date;
  uuid: () => string;
}): BufferStore {
  const ask: BufferStore["ask"] = ({ project, plugin, number }, work, generation, delaySeconds) => {
    const firstAt = options.now().getTime();
    return bufferMessage(
      { id: options.uuid(), project, plugin, buffer: number, firstAt, generation, work },
      delaySeconds,
    );
  };

  const append: BufferStore["append"] = async (place, items, generation) => {
    const { full, first } = await appendToBuffer(options.store, {
      project: place.project,
      plugin: bufferName(place.plugin, place.number),
      items,
      limits: { maxSize: place.limit, maxSeconds: place.timeoutSeconds },
      nowMs: options.now().getTime(),
    });
    return [
      ...(full ? [ask(place, { flush: "size" }, generation)] : []),
      ...(first ? [ask(place, { flush: "time" }, generation, place.timeoutSeconds)] : []),
    ];
  };

  return {
    ask,
    append,
    async add({ added, generation, locations }) {
      const outgoing = added.map(({ place, objects }) => {
        const items = packObjects(objects, locations);
        return append(place, items, generation).catch(() => [
          ask(place, { place, items }, generation, REDIS_RETRY_SECONDS),
        ]);
      });
      return (await Promise.all(outgoing)).flat();
    },
  };
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
