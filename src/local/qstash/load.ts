import { type Engine, isKnown, makeDue } from "./engine.ts";
import { keys } from "./keys.ts";
import type { Message } from "./message.ts";
import { listMessages, unlistCommand } from "./message-store.ts";
import { advanceQueue } from "./queue.ts";
import { texts, transact } from "./redis.ts";
import { listSchedules } from "./schedules.ts";

const MESSAGES_AT_ONCE = 500;

/**
 * Brings the process to what Redis holds: messages that it does not know, because an earlier process accepted them or a
 * step of this one failed, are due again, those that were under delivery at once. Call within `engine.moving`. Costs a
 * round trip per five hundred messages.
 */
export async function load(engine: Engine): Promise<void> {
  const { backend } = engine;
  engine.events.reopen();
  const unknown = (await listMessages(backend)).filter((messageId) => !isKnown(engine, messageId));
  for (let start = 0; start < unknown.length; start += MESSAGES_AT_ONCE) {
    await loadMessages(engine, unknown.slice(start, start + MESSAGES_AT_ONCE));
  }
  for (const name of texts(await backend.command(["SMEMBERS", keys.queues])))
    await advanceQueue(engine, name);
  for (const schedule of await listSchedules(backend)) {
    if (!schedule.isPaused) engine.ticks.set(schedule.scheduleId, schedule.nextScheduleTime);
  }
  engine.mustLoad = false;
}

async function loadMessages(engine: Engine, messageIds: readonly string[]): Promise<void> {
  const replies = await transact(
    engine.backend,
    messageIds.map((messageId) => ["HMGET", keys.message(messageId), "settings", "nextAt"]),
  );
  for (const [index, messageId] of messageIds.entries()) {
    const reply = replies[index];
    const [settings, nextAt] = Array.isArray(reply) ? reply : [];
    // Listed without a hash: nothing that could be delivered.
    if (typeof settings !== "string") await engine.backend.command(unlistCommand(messageId));
    // A message of a queue becomes due through its queue.
    else if ((JSON.parse(settings) as Message).queueName === undefined)
      makeDue(engine, messageId, Number(nextAt));
  }
}
