import type { Counts, Outcomes } from "../accounts/counts.ts";
import type { ScheduledTask } from "../apps/hooks.ts";
import type { BufferPlace } from "../apps/buffer.ts";
import type { AppEvent } from "../apps/leftovers.ts";
import type { SetupDue } from "../apps/state/due.ts";
import type { ClientLocation } from "../event.ts";
import { plainJson } from "../json.ts";
import type { ProcessedEvent } from "../pipeline/index.ts";
import type { Position } from "./dead-letters/find.ts";
import type { Wanted } from "./dead-letters/replay.ts";
import type { Sampled } from "../stories/story.ts";
import type { BufferItem } from "./exports/buffer.ts";
import type { Marked } from "./progress/marks.ts";
import type { DoneSteps } from "./progress/record.ts";
import type { DeferredHook } from "./schedules.ts";

/**
 * Version of the messages' format. A gateway that meets a newer one has QStash offer it again, to a newer gateway. It reads
 * older ones: version 1 says neither whose uuids are the client's nor what was dropped, and has no `account`.
 */
export const MESSAGE_VERSION = 2;

interface Envelope {
  v: typeof MESSAGE_VERSION;
  /** Ours, not QStash's: a message published twice by a retry keeps it. */
  id: string;
  project: string;
}

/** The surviving events of one capture request, for every destination. */
export interface DeliverMessage extends Envelope {
  historical?: true;
  /** Where the clients of these events are, as far as the platform knew. */
  locations?: ClientLocation[];
  /** How many captures in a row led to these events; absent for a client's. */
  generation?: number;
  /** Which events have a uuid that their client chose: only these can be duplicates (decisions 29). */
  marked?: Marked;
  /** How many events of the request each app dropped, by folder. */
  dropped?: Record<string, number>;
  /** What else the chain counted about the request, by field of the accounts. */
  chain?: Counts;
  /** Which of the events are followed, for people to see what becomes of them. */
  sampled?: Sampled;
  events: ProcessedEvent[];
}

/** What travels instead of a message that is too large for the queue: where in Redis its text is. */
export interface ReferenceMessage {
  v: typeof MESSAGE_VERSION;
  reference: string;
}

/** What did not work at one destination, to be tried there again. */
export interface RetryMessage extends Envelope {
  destination: Destination | { plugin: string; hook: JobHook };
  /** Executions so far. */
  attempt: number;
  /** Milliseconds since the epoch of the first execution. */
  firstAt: number;
  historical?: true;
  locations?: ClientLocation[];
  generation?: number;
  sampled?: Sampled;
  /** Only the events that failed; empty for `exportEvents`, whose batch stays in Redis. */
  events: ProcessedEvent[];
  /** The batch of an `exportEvents` retry. */
  batch?: string;
  /** Of events that may be in their buffer or not: the message in whose name they are. */
  from?: { route: "deliver" | "retry" | "letter"; id: string };
  /** It waited for a destination that was down. */
  lane?: true;
  /** Nobody will try these again: they are on their way to becoming a dead letter, which Redis did not take so far. */
  verdict?: { id: string; error: string };
  /** What became of the batch, which Redis was not to be told so far: nothing else remains to be done about it. */
  settled?: Outcomes;
  /** What a job had been given that is on its way to the dead letters. */
  payload?: unknown;
  /** How often a person has had these events replayed. */
  replays?: number;
}

/** A job as dead letters and accounts name it. */
export type JobHook = `jobs.${string}`;

/** Where events go: PostHog, or one app's hook. */
export type Destination = { hook: "posthog" } | { plugin: string; hook: DeferredHook };

export interface ExportMessage extends Envelope {
  plugin: string;
  /** "size": the buffer is full; "time": its first event has waited long enough. */
  reason: "size" | "time";
}

export interface TaskMessage extends Envelope {
  plugin: string;
  task: ScheduledTask;
  /** Milliseconds since the epoch of the tick; absent when a person started the run. */
  tickAt?: number;
  /** Owner of the lease, when whoever published the message has taken it already. */
  lease?: string;
}

export interface CaptureMessage extends Envelope {
  generation: number;
  /** ISO time at which the apps captured these events. */
  at: string;
  /** Where the addresses that these events mention are. */
  locations?: ClientLocation[];
  events: AppEvent[];
}

/** A job of an app, when it is due or, if that is farther off than a message may wait, on its way there. */
export interface JobMessage extends Envelope {
  plugin: string;
  job: string;
  /** Milliseconds since the epoch. */
  dueAtMs: number;
  payload?: unknown;
  /** Where the addresses in the payload are. */
  locations?: ClientLocation[];
  generation: number;
  /** How often a person has had it replayed. */
  replays?: number;
}

/** What is to be done about a buffer that an app has made with `createBuffer`. */
export interface BufferMessage extends Envelope {
  plugin: string;
  /** Which of the app's buffers, by the order in which it makes them. */
  buffer: number;
  /** Milliseconds since the epoch: when this was first tried. */
  firstAt: number;
  /** How many captures in a row led to what was added; the same for the events that `onFlush` captures. */
  generation: number;
  work: BufferWork;
}

export type BufferWork =
  /** To flush it, because it is full or because its first object has waited long enough. */
  | { flush: "size" | "time" }
  /** To run `onFlush` again over a batch that it has failed with so many times. */
  | { batch: string; attempt: number }
  /** To forget a batch that was flushed, which Redis was not to be told so far. */
  | { settled: string }
  /** To put objects into it that Redis did not take so far. */
  | { place: BufferPlace; items: readonly BufferItem[] };

/** An object of a buffer as Redis keeps it. */
export interface StoredObject {
  points: number;
  object: unknown;
  /** Where the addresses in it are. */
  locations?: ClientLocation[];
}

/** The next attempt of a series, or what is left to do about one that has ended. */
export interface SetupMessage extends Envelope, Omit<SetupDue, "id" | "project" | "delaySeconds"> {}

/** What was done, for Redis to record when it is back, or for a request that leaves no other message (`EXACT_DROPS`). */
export interface AccountMessage extends Envelope {
  /** Route and id of the message that it was done for. */
  of: { route: Route; id: string };
  /** Milliseconds since the epoch. */
  atMs: number;
  steps: DoneSteps;
}

/** One dead letter on its way back to where it failed. */
export interface LetterMessage extends Envelope {
  /** Its id; the letter itself is in Redis. */
  letter: string;
}

/** The next part of a replay of dead letters; `project` names all that it is about. */
export interface ReplayMessage extends Envelope {
  /** Id of the replay. */
  replay: string;
  projects: readonly string[];
  wanted: Wanted;
  /** Counted from 0. */
  part: number;
  /** Where the part before ended; absent in the first. */
  after?: Position;
}

/** The gateway's own routes that QStash calls, with the message each takes. */
export interface MessageOf {
  deliver: DeliverMessage;
  retry: RetryMessage;
  export: ExportMessage;
  task: TaskMessage;
  capture: CaptureMessage;
  job: JobMessage;
  buffer: BufferMessage;
  setup: SetupMessage;
  account: AccountMessage;
  letter: LetterMessage;
  replay: ReplayMessage;
}
export type Route = keyof MessageOf;

/** Hears of an event that JSON cannot hold as an app left it: what is written of it instead, and why. */
export type OnUnwritable = (written: unknown, why: unknown) => void;

/**
 * JSON of a message. What an app left in an event that JSON cannot hold (a BigInt, a circle, a getter that throws, a
 * thousand levels) costs that event those properties, never the message: nothing else of a message is an app's.
 */
export function encodeMessage(message: MessageOf[Route], onUnwritable: OnUnwritable = () => {}): string {
  try {
    return JSON.stringify(message);
  } catch (error) {
    if (!("events" in message)) throw error;
    return JSON.stringify({
      ...message,
      events: message.events.map((event) => writable(event, onUnwritable)),
    });
  }
}

/** A copy in any case: a getter that worked now may throw in the message. */
function writable(event: unknown, onUnwritable: OnUnwritable): unknown {
  const written = plainJson(event);
  try {
    JSON.stringify(event);
  } catch (why) {
    onUnwritable(written, why);
  }
  return written;
}
