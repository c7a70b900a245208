const minute = 60;
const day = 24 * 60 * minute;

/**
 * Every key that the gateway creates in Redis, with its life time beside it. Nothing here lives for ever; what apps
 * create (`appCache`) lives as the app asked.
 */
export const keys = {
  /** Prefix of what an app keeps, of one kind or of all. */
  appState: (project: string, plugin: string, kind: "cache" | "storage" | "global" | "") =>
    `app:${project}:${plugin}:${kind === "" ? "" : `${kind}:`}`,

  /** What an app keeps with `cache`: the app decides its life time. */
  appCache: (project: string, plugin: string, key: string) => `app:${project}:${plugin}:cache:${key}`,

  /** Text: what an app keeps with `storage` and `utils.cursor`, for good. */
  appStorage: (project: string, plugin: string, key: string) => `app:${project}:${plugin}:storage:${key}`,

  /**
   * Hash: what all isolates share about a project's apps. `override <plugin>`, an admin's changes as JSON, for good and
   * one for each app; `setup <plugin> <version>`, where set-up stands, dropped after 90 days without a change; `watched`, the
   * time (ms) until which a person watches the project's events.
   */
  projectApps: (project: string) => `apps:${project}`,

  /** Number: wrong tokens that an address gave the admin, until none comes for a quarter of an hour. */
  loginFailures: (network: string) => `admin:failures:${network}`,
  loginFailuresTtlSeconds: 15 * minute,

  /** List: what was done in the admin, as JSON, the latest `auditKept`. */
  audit: "admin:audit",
  auditTtlSeconds: 365 * day,
  auditKept: 1000,

  /**
   * Text: one part of a file that an admin has uploaded for a field, for good as the override that names it; once nothing
   * does, for another day.
   */
  attachment: (project: string, plugin: string, id: string, part: number) =>
    `app:${project}:${plugin}:attachment:${id}:${part}`,
  attachmentReleasedTtlSeconds: day,

  /** Text: that an alert has been sent. */
  alertSent: (id: string) => `alert:${id}`,
  alertSentTtlSeconds: 30 * day,

  /** Text: revision, a space, and the JSON-able top-level values of an app's `global`, of one version (decisions 11). */
  appGlobal: (project: string, plugin: string, version: string) =>
    `app:${project}:${plugin}:global:${version}`,
  appGlobalTtlSeconds: 30 * day,

  /** Sorted set: an app's log, each entry as `<id> <json>` where ids sort by time; trimmed to the newest `appLogKept`. */
  appLog: (project: string, plugin: string) => `app:${project}:${plugin}:log`,
  appLogTtlSeconds: 7 * day,
  appLogKept: 1000,

  /**
   * List: what waits for `exportEvents`, or, with `<plugin>/<number>`, for `onFlush` of a `createBuffer`; each item as
   * `<size>:<json>`.
   */
  exportBuffer: (project: string, plugin: string) => `export:${project}:${plugin}:buffer`,
  /** Number: the sizes in that buffer, added up. */
  exportSize: (project: string, plugin: string) => `export:${project}:${plugin}:size`,
  /** Text: a batch taken from the buffer, a JSON array, until the app has acknowledged it. */
  exportBatch: (project: string, plugin: string, batch: string) =>
    `export:${project}:${plugin}:batch:${batch}`,
  exportTtlSeconds: 14 * day,
  /** Sorted set: buffers by the time (ms) at which they are due, `<project> <plugin>[ <batch>]`. Trimmed as they are flushed. */
  exportsDue: "export:due",

  /** Sorted set: batches on their way by the time (ms) at which they count as stranded, `<project> <plugin> <batch>`. */
  exportsTaken: "export:taken",
  /** Sorted set: both of apps that do not run, by the time (ms) at which they are looked at again. */
  exportsShelved: "export:shelved",

  /**
   * Text: where a message of QStash stands, as JSON, or `done`. Each of QStash's redeliveries renews it; it outlives the longest
   * wait between two of them, a day.
   */
  progress: (route: string, id: string) => `message:${route}:${id}`,
  progressTtlSeconds: 25 * 60 * minute,
  /** Of what was added to a buffer of `createBuffer`: outlives three of QStash's redeliveries, the last after 33 minutes. */
  appendedTtlSeconds: 60 * minute,
  /** Text: messages that follow from one whose work is done, a JSON array, while QStash does not take them. */
  outbox: (route: string, id: string) => `message:${route}:${id}:outbox`,

  /** Hash: marks of a project's events with uuids of the client's own, by uuid, of one span of `marksSpanMs`. */
  marks: (project: string, span: number | "*") => `marks:${project}:${span}`,
  marksSpanMs: 10 * minute * 1000,
  marksTtlSeconds: 21 * minute,

  /** Hash: a project's numbers of one hour (`2036-03-01T10`), by outcome, hook and app. */
  account: (project: string, hour: string) => `account:${project}:${hour}`,
  accountTtlSeconds: 35 * day,
  /** Hash: the numbers of all hours up to `until`, added up. */
  accountTotals: (project: string) => `account:${project}:totals`,
  accountTotalsTtlSeconds: 400 * day,

  /** Text: breakers of a project's destinations that fail or have been parked, as JSON by destination. */
  breakers: (project: string) => `breakers:${project}`,
  breakersTtlSeconds: 30 * day,

  /** Text: a message that was too large for the queue, until it has been delivered. */
  oversize: (route: string, id: string) => `oversize:${route}:${id}`,
  oversizeTtlSeconds: 14 * day,
  /** Sorted set: those whose messages wait in a lane, `<lane> <key>`, by the time (ms) at which that is looked at again. */
  oversizeInLanes: "lanes:oversize",

  /** Text: a message that QStash did not take, until a sweep has published it. */
  spooled: (route: string, id: string) => `spool:${route}:${id}`,
  /** Sorted set: names of these messages in order of arrival; trimmed as they are published. */
  spool: "spool:order",
  /** Number: bytes that they take, bounded by `SPOOL_MAX_BYTES`. */
  spoolBytes: "spool:bytes",
  spoolTtlSeconds: 14 * day,
  /** Text: until when (ms) a sweep has the spool for itself, and its name; for less than a minute. */
  spoolLease: "spool:lease",

  /** Owner of the one run of a scheduled task that may be under way. */
  taskLease: (project: string, plugin: string, task: string) => `task:${project}:${plugin}:${task}:lease`,
  taskLeaseTtlMs: minute * 1000,
  /** Number: the last cron tick (ms) whose tasks were published. */
  lastTick: "schedule:tick",
  lastTickTtlSeconds: 7 * day,

  /** Text: a dead letter as JSON. */
  deadLetter: (id: string) => `dead:entry:${id}`,
  deadLetterTtlSeconds: 30 * day,
  /** Sorted set: a project's dead letters by time (ms); the oldest make room above `deadLettersKept`, or above so many characters. */
  deadLetters: (project: string) => `dead:${project}`,
  deadLettersKept: 10_000,
  deadLetterCharactersKept: 100_000_000,
  /** Hash: what lists show of a letter, as JSON, by its id. */
  deadLetterSummaries: (project: string) => `dead:${project}:summaries`,
  /** Number: characters of all letters of a project. */
  deadLetterCharacters: (project: string) => `dead:${project}:characters`,
  /** Hash: how many letters of each destination there are, and events in them, by `destinationName`. */
  deadLetterCounts: (project: string) => `dead:${project}:counts`,
  /** Longer than letters live, so that there is time to count those that have expired. */
  deadLetterListsTtlSeconds: 37 * day,
  /** Text: a letter that a message has taken, to replay it. Outlives QStash's last redelivery, after 31 hours. */
  takenLetter: (message: string) => `dead:taken:${message}`,
  takenLetterTtlSeconds: 2 * day,
  /** Hash: how far a replay of many letters is: `about`, `done`, and each part's numbers. */
  replay: (id: string) => `replay:${id}`,
  replayTtlSeconds: 7 * day,

  /** Sorted set: ids of a project's sampled events by arrival (ms), the newest `storiesKept`. */
  storyIds: (project: string) => `stories:${project}`,
  /** Hash: what the chain did to each of them, as JSON of at most some 40,000 characters. */
  stories: (project: string) => `stories:${project}:told`,
  /** Hash: attempts to deliver each of them, as JSON separated by commas. */
  storyAttempts: (project: string) => `stories:${project}:attempts`,
  storiesTtlSeconds: 60 * minute,
  storiesKept: 500,

  /** Prefix of the exact rate limit's counters, one a project and minute; @upstash/ratelimit gives them their life time. */
  rateLimitPrefix: "rate",

  /** Set: tokens seen while `PROJECT_TOKENS` is `*`, so that scheduled tasks know for whom to run. */
  projectsSeen: "projects:seen",
  projectsSeenTtlSeconds: day,
} as const;
