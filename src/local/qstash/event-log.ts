import type { Command, RedisBackend } from "../redis/backend.ts";
import { type Filter, matches } from "./filter.ts";
import { keys } from "./keys.ts";
import type { Message } from "./message.ts";
import { texts, transact } from "./redis.ts";

export type EventState =
  | "CREATED"
  | "ACTIVE"
  | "RETRY"
  | "ERROR"
  | "DELIVERED"
  | "FAILED"
  | "CANCEL_REQUESTED"
  | "CANCELLED";

/** What an event says beyond the message and its state. */
export interface EventDetail {
  error?: string | undefined;
  nextDeliveryTime?: number | undefined;
  responseStatus?: number | undefined;
  /** Base64, shortened by the caller. */
  responseBody?: string | undefined;
}

export interface EventLog {
  /** What appends an event, to be run with the step that it tells of. */
  commands(message: Message, state: EventState, detail?: EventDetail): Command[];
  /** Begins a new segment: the one begun last may be missing from the list, if Redis failed then. */
  reopen(): void;
  /** Drops the oldest events above the limit. Costs nothing unless about a hundred have come since. */
  trim(): Promise<void>;
}

/** Makes the log. A process begins a segment of its own, so it need not know how far the one before it came. */
export function createEventLog(options: {
  backend: RedisBackend;
  clock: { now(): number };
  newSegment: () => string;
}): EventLog {
  let segment = "";
  let room = 0;
  let mustTrim = true;

  return {
    commands(message, state, detail = {}) {
      const commands: Command[] = [];
      const opening = room === 0;
      if (opening) {
        segment = options.newSegment();
        room = keys.eventsPerSegment;
        mustTrim = true;
        commands.push(["RPUSH", keys.eventSegments, segment]);
      }
      room--;
      const event = describe(message, state, options.clock.now(), detail);
      commands.push(["RPUSH", keys.eventSegment(segment), JSON.stringify(event)]);
      if (opening) commands.push(["PEXPIRE", keys.eventSegment(segment), `${keys.eventSegmentMs}`]);
      return commands;
    },
    reopen() {
      room = 0;
    },
    async trim() {
      if (!mustTrim) return;
      mustTrim = false;
      const segments = texts(await options.backend.command(["LRANGE", keys.eventSegments, "0", "-1"]));
      const surplus = segments.slice(0, -keys.eventSegmentsKept);
      if (surplus.length === 0) return;
      await transact(options.backend, [
        ["LTRIM", keys.eventSegments, `${-keys.eventSegmentsKept}`, "-1"],
        ["DEL", ...surplus.map((name) => keys.eventSegment(name))],
      ]);
    },
  };
}

/**
 * Bodies and headers of messages are left out: ten thousand of them would not fit into memory, and the message itself can
 * be asked for.
 */
function describe(message: Message, state: EventState, time: number, detail: EventDetail) {
  return {
    time,
    state,
    messageId: message.messageId,
    url: message.url,
    method: message.method,
    topicName: message.topicName,
    endpointName: message.endpointName,
    queueName: message.queueName,
    scheduleId: message.scheduleId,
    callerIP: message.callerIP,
    label: message.labels[0],
    labels: message.labels,
    flowControlKey: message.flowControl?.key,
    maxRetries: message.maxRetries,
    retryDelayExpression: message.retryDelay,
    timeout: message.timeoutMs,
    callback: message.callback?.url,
    failureCallback: message.failureCallback?.url,
    ...detail,
  };
}

type Event = Record<string, unknown>;

/**
 * Reads the log, newest first. `cursor` is given when there may be more. Costs one command per segment looked at, so about
 * a hundred at most.
 */
export async function listEvents(
  backend: RedisBackend,
  query: { filter: Filter; count: number; cursor: string | undefined },
): Promise<{ events: Event[]; cursor?: string }> {
  const [fromSegment, fromIndex] = query.cursor?.split(".") ?? [];
  const events: Event[] = [];
  const segments = texts(await backend.command(["LRANGE", keys.eventSegments, "0", "-1"])).toReversed();
  for (const segment of segments) {
    // Names sort by time, so a segment that has been dropped since is still a place to go on from.
    if (fromSegment !== undefined && segment > fromSegment) continue;
    const entries = texts(await backend.command(["LRANGE", keys.eventSegment(segment), "0", "-1"]));
    const end = segment === fromSegment ? Number(fromIndex) : entries.length;
    for (let index = end - 1; index >= 0; index--) {
      const event = JSON.parse(entries[index] ?? "{}") as Event;
      if (!matches(query.filter, event)) continue;
      events.push(event);
      if (events.length === query.count) return { events, cursor: `${segment}.${index}` };
    }
  }
  return { events };
}
