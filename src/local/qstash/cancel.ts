import { commit, type Engine, forget } from "./engine.ts";
import { type Filter, matches } from "./filter.ts";
import { keys } from "./keys.ts";
import { listMessages, readMessage, readMessages, removeCommands } from "./message-store.ts";
import { advanceQueue, queuePlace } from "./queue.ts";
import { viewMessage } from "./view.ts";

const MESSAGES_AT_ONCE = 100;

/**
 * Cancels messages on their way and returns how many there were. One under delivery is not stopped, but if that attempt
 * fails there is no other (QStash: "it might be too late to cancel"). Costs two round trips per message.
 */
export async function cancelMessages(engine: Engine, messageIds: readonly string[]): Promise<number> {
  return engine.moving(async () => {
    let cancelled = 0;
    for (const messageId of new Set(messageIds)) if (await cancel(engine, messageId)) cancelled++;
    return cancelled;
  });
}

/** Cancels every message on its way that passes the filter. Reads them all. */
export async function cancelMatching(engine: Engine, filter: Filter): Promise<number> {
  const matching: string[] = [];
  const all = await listMessages(engine.backend);
  for (let start = 0; start < all.length; start += MESSAGES_AT_ONCE) {
    for (const { message } of await readMessages(
      engine.backend,
      all.slice(start, start + MESSAGES_AT_ONCE),
    )) {
      if (matches(filter, viewMessage(message))) matching.push(message.messageId);
    }
  }
  return cancelMessages(engine, matching);
}

async function cancel(engine: Engine, messageId: string): Promise<boolean> {
  const progress = await readMessage(engine.backend, messageId);
  if (progress === null) return false;
  const { message } = progress;
  const requested = engine.events.commands(message, "CANCEL_REQUESTED");
  const attempt = engine.attempts.get(messageId);
  if (attempt !== undefined) {
    attempt.cancelRequested = true;
    await commit(engine, requested);
    return true;
  }
  const place = queuePlace(message);
  const done = place && [["HINCRBY", keys.queueParts(place.queueName), place.messageId, "-1"]];
  await commit(engine, [
    ...requested,
    ...removeCommands(messageId),
    ...engine.events.commands(message, "CANCELLED"),
    ...(done ?? []),
  ]);
  forget(engine, messageId);
  engine.counters.cancelled++;
  if (place !== undefined) await advanceQueue(engine, place.queueName);
  return true;
}
