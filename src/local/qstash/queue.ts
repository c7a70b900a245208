import type { Command, RedisBackend } from "../redis/backend.ts";
import { ApiError } from "./api-error.ts";
import { commit, type Engine, forget, isKnown, makeDue } from "./engine.ts";
import { keys } from "./keys.ts";
import type { Message } from "./message.ts";
import { removeCommands } from "./message-store.ts";
import { pairs, texts, transact } from "./redis.ts";

export interface Queue {
  name: string;
  /** ms */
  createdAt: number;
  updatedAt: number;
  /** How many of its messages may be under way at once. */
  parallelism: number;
  paused: boolean;
  /** Messages that are not done. */
  lag: number;
}

/** A round removes at least one finished message from the head of the queue. */
const MAX_ROUNDS = 10_000;

/** Reads a queue. Throws an ApiError (404) for an unknown one. */
export async function readQueue(backend: RedisBackend, name: string): Promise<Queue> {
  const [settings, length] = await transact(backend, [
    ["HGETALL", keys.queue(name)],
    ["LLEN", keys.queueMessages(name)],
  ]);
  const fields = pairs(settings);
  if (fields.size === 0)
    throw new ApiError(404, `queue "${name}" not found: upsert it or enqueue a message.`);
  return {
    name,
    createdAt: Number(fields.get("createdAt")),
    updatedAt: Number(fields.get("updatedAt")),
    parallelism: Number(fields.get("parallelism")),
    paused: fields.get("paused") === "1",
    lag: Number(length),
  };
}

/** Creates a queue if it does not exist, and changes the given settings. */
export function upsertQueueCommands(
  name: string,
  settings: { parallelism?: number | undefined; paused?: boolean | undefined },
  now: number,
): Command[] {
  const changed = ["updatedAt", `${now}`];
  if (settings.parallelism !== undefined) changed.push("parallelism", `${settings.parallelism}`);
  if (settings.paused !== undefined) changed.push("paused", settings.paused ? "1" : "0");
  return [...createCommands(name, now), ["HSET", keys.queue(name), ...changed]];
}

/** Puts a message at the end of its queue, which is created when needed. `advanceQueue` must follow. */
export function enqueueCommands(queueName: string, messageId: string, now: number): Command[] {
  return [
    ...createCommands(queueName, now),
    ["RPUSH", keys.queueMessages(queueName), messageId],
    ["HINCRBY", keys.queueParts(queueName), messageId, "1"],
  ];
}

function createCommands(name: string, now: number): Command[] {
  return [
    ["SADD", keys.queues, name],
    ...["createdAt", "updatedAt"].map((field) => ["HSETNX", keys.queue(name), field, `${now}`]),
    ["HSETNX", keys.queue(name), "parallelism", "1"],
  ];
}

/** The queue that `message` keeps waiting, and the message in it: itself, or the one it is a callback of. */
export function queuePlace(message: Message): { queueName: string; messageId: string } | undefined {
  const { queueName, messageId } = message;
  return queueName === undefined ? message.partOf : { queueName, messageId };
}

/**
 * Makes due what a queue may deliver now: the oldest messages, as many as its parallelism, after those at the head that
 * are done with all their callbacks have left. Call within `engine.moving`, after every change of the queue; to call it
 * once more does no harm.
 */
export async function advanceQueue(engine: Engine, name: string): Promise<void> {
  const { backend } = engine;
  const settings = pairs(await backend.command(["HGETALL", keys.queue(name)]));
  const last = `${Number(settings.get("parallelism") ?? 1) - 1}`;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const window = texts(await backend.command(["LRANGE", keys.queueMessages(name), "0", last]));
    if (window.length === 0) {
      // What a deleted queue's last attempts still counted.
      await backend.command(["DEL", keys.queueParts(name)]);
      return;
    }
    const parts = await backend.command(["HMGET", keys.queueParts(name), ...window]);
    const done = window.filter((_, index) => Array.isArray(parts) && Number(parts[index] ?? 0) <= 0);
    if (done.length === 0) {
      if (settings.get("paused") !== "1") await openWindow(engine, window);
      return;
    }
    await transact(backend, [
      ...done.map((id) => ["LREM", keys.queueMessages(name), "1", id]),
      ["HDEL", keys.queueParts(name), ...done],
    ]);
  }
}

/** A message whose attempt is over but whose callbacks are not has no hash any more, so it stays where it is. */
async function openWindow(engine: Engine, window: readonly string[]): Promise<void> {
  const messageIds = window.filter((messageId) => !isKnown(engine, messageId));
  const times = await transact(
    engine.backend,
    messageIds.map((messageId) => ["HGET", keys.message(messageId), "nextAt"]),
  );
  for (const [index, messageId] of messageIds.entries()) {
    const time = times[index];
    if (typeof time === "string") makeDue(engine, messageId, Number(time));
  }
  engine.wake();
}

/** Stops a queue: what it made due is held back again; attempts under way go on. Call within `engine.moving`. */
export async function pauseQueue(engine: Engine, name: string): Promise<void> {
  await commit(engine, upsertQueueCommands(name, { paused: true }, engine.clock.now()));
  for (const messageId of await queuedMessages(engine, name)) forget(engine, messageId);
}

/** Deletes a queue with the messages in it; an attempt under way is the last of its message. Call within `engine.moving`. */
export async function deleteQueue(engine: Engine, name: string): Promise<void> {
  const commands: Command[] = [
    ["DEL", keys.queue(name), keys.queueMessages(name), keys.queueParts(name)],
    ["SREM", keys.queues, name],
  ];
  for (const messageId of await queuedMessages(engine, name)) {
    const attempt = engine.attempts.get(messageId);
    if (attempt !== undefined) attempt.cancelRequested = true;
    else {
      forget(engine, messageId);
      commands.push(...removeCommands(messageId));
    }
  }
  await commit(engine, commands);
}

async function queuedMessages({ backend }: Engine, name: string): Promise<string[]> {
  return texts(await backend.command(["LRANGE", keys.queueMessages(name), "0", "-1"]));
}
