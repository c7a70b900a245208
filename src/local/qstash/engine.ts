import type { Command, RedisBackend, Reply } from "../redis/backend.ts";
import type { EventLog } from "./event-log.ts";
import type { Mutex } from "./mutex.ts";
import { transact } from "./redis.ts";
import type { Timetable } from "./timetable.ts";

/** What the server counts since its start. */
export interface Counters {
  /** Messages accepted from publishers, callbacks and schedules, duplicates not included. */
  published: number;
  /** Attempts made, each of which QStash bills as one message. */
  deliveries: number;
  delivered: number;
  retried: number;
  deadLettered: number;
  deduplicated: number;
  cancelled: number;
}

/** A message under delivery. */
export interface Attempt {
  readonly flowKey: string | undefined;
  /** Set by a cancellation that came too late to stop this attempt: there will be no other. */
  cancelRequested: boolean;
  /** Settles, never rejects, when the outcome is recorded. */
  finished: Promise<void>;
}

/**
 * What the parts of one QStash server share. Redis holds all that must survive; the process holds when each message is due
 * and which are under way, and finds that out anew at every start. So one process at a time may work on a database: two
 * would deliver everything twice.
 */
export interface Engine {
  readonly backend: RedisBackend;
  readonly clock: { now(): number };
  /** A new id, unique and sorted by the time of its making. */
  readonly newId: (prefix: string) => string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Key that signs the next attempt. */
  readonly signingKey: () => string;
  readonly log: (line: string) => void;
  readonly maxParallelAttempts: number;
  readonly maxMessageBytes: number;
  readonly attemptTimeoutMs: number;
  readonly counters: Counters;
  readonly events: EventLog;
  /** Messages that wait for their time, by id. */
  readonly due: Timetable;
  /** Messages that are due but held back by a flow-control key, by key. */
  readonly waiting: Map<string, Timetable>;
  /** Messages under delivery, by id. */
  readonly attempts: Map<string, Attempt>;
  /** Schedules by their next tick. */
  readonly ticks: Timetable;
  /** Guards every step that moves a message between waiting, under way, in a queue and gone. */
  readonly moving: Mutex;
  /** Guards the look-up of a deduplication id until its message is stored. */
  readonly deduplicating: Mutex;
  /** Called after anything that may make an attempt due sooner. */
  wake: () => void;
  /** Set when what the process knows may not be what Redis holds: at the start, and after a failure of Redis. */
  mustLoad: boolean;
  /** Ends attempts that a stop does not wait for. */
  readonly stopping: AbortController;
}

/**
 * Gives a message its time, unless it has its place already: a look at Redis between its storing and this call finds it,
 * and may even have started it.
 */
export function makeDue(engine: Engine, messageId: string, at: number): void {
  if (!isKnown(engine, messageId)) engine.due.set(messageId, at);
}

/** Whether a message has its place in the process. */
export function isKnown(engine: Engine, messageId: string): boolean {
  if (engine.due.has(messageId) || engine.attempts.has(messageId)) return true;
  return [...engine.waiting.values()].some((timetable) => timetable.has(messageId));
}

/** Takes a message that is not under delivery out of the process. */
export function forget(engine: Engine, messageId: string): void {
  engine.due.delete(messageId);
  for (const timetable of engine.waiting.values()) timetable.delete(messageId);
}

/**
 * Runs the commands of one step in a transaction. When Redis fails it is unknown whether they took effect, so what the
 * process knows is compared with Redis before anything else starts.
 */
export async function commit(engine: Engine, commands: readonly Command[]): Promise<Reply[]> {
  try {
    return await transact(engine.backend, commands);
  } catch (error) {
    engine.mustLoad = true;
    engine.wake();
    throw error;
  }
}
