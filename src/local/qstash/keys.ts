const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/**
 * Every key that the QStash server keeps in Redis, with its retention. All of them begin with `qstash:`, so that the
 * gateway's own data can share the database. Names of queues, schedules and flow-control keys hold no colon.
 */
export const keys = {
  /** Hash: one message on its way. Kept until it is delivered, dead or cancelled. */
  message: (id: string) => `qstash:message:${id}`,
  /** Sets: ids of all messages on their way, in parts. An id goes with its message. */
  messages: (part: number) => `qstash:messages:${part}`,
  /** The in-process Redis copies a set to change it, so large ones would be slow. */
  messageParts: 64,

  /** Text: the message that holds a deduplication id, as JSON `{messageId, until}`. */
  deduplication: (hash: string) => `qstash:deduplication:${hash}`,
  deduplicationMs: 10 * minuteMs,

  /** Hash: one dead letter. */
  deadLetter: (dlqId: string) => `qstash:dead-letter:${dlqId}`,
  /** Sorted set: ids of dead letters by the time (ms) of failure; trimmed to the retention at every insertion. */
  deadLetters: "qstash:dead-letters",
  deadLetterMs: 7 * dayMs,

  /** List: what happened to messages, as JSON, oldest first: one part of the log. */
  eventSegment: (segment: string) => `qstash:events:${segment}`,
  /** Short for the same reason as there are parts of messages. */
  eventsPerSegment: 100,
  eventSegmentMs: 7 * dayMs,
  /** List: names of the parts, oldest first. Trimmed together with them (QStash keeps ten thousand events). */
  eventSegments: "qstash:event-segments",
  eventSegmentsKept: 100,

  /** Set: names of queues. A queue is kept until it is deleted. */
  queues: "qstash:queues",
  /** Hash: settings of a queue. */
  queue: (name: string) => `qstash:queue:${name}`,
  /** List: ids of the messages in a queue, oldest first; an id leaves when its message and its callbacks are done. */
  queueMessages: (name: string) => `qstash:queue:${name}:messages`,
  /** Hash: id of a message in a queue ─► how many of it and its callbacks are still on their way. */
  queueParts: (name: string) => `qstash:queue:${name}:parts`,

  /** Hash: limits and counts of a flow-control key. A key that is not used for so long forgets them. */
  flow: (key: string) => `qstash:flow:${key}`,
  flowMs: 30 * dayMs,
  /** Hash: what a person set for a key, pause and pins. Kept until it is lifted. */
  flowOverrides: (key: string) => `qstash:flow:${key}:overrides`,
  /** Sorted set: flow-control keys by last use (ms), trimmed to `flowMs` at every use. */
  flows: "qstash:flows",
  /** Hash: schedule id ─► schedule as JSON. A schedule is kept until it is deleted. */
  schedules: "qstash:schedules",
  /** Hash: name ─► URL group as JSON. A group is kept until it is deleted. */
  urlGroups: "qstash:url-groups",

  /** Hash: tokens and signing keys. Kept for ever: clients are configured with them. */
  credentials: "qstash:credentials",
} as const;
