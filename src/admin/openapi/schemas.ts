/**
 * JSON Schemas of what the API takes and answers. Written out, in the words of who reads them; a test holds their fields
 * against what the routes parse.
 */

const text = { type: "string" };
const whole = { type: "integer" };
const time = { type: "string", format: "date-time" };
const orNull = (schema: { type: string }) => ({ ...schema, type: [schema.type, "null"] });
const listOf = (items: object) => ({ type: "array", items });
const numbersBy = { type: "object", additionalProperties: whole };

/** An object that always has these properties. */
export function objectOf(properties: Readonly<Record<string, object>>): object {
  return { type: "object", properties, required: Object.keys(properties) };
}

/** One page of a list. */
function pageOf(items: object): object {
  return objectOf({ entries: listOf(items), cursor: orNull(text) });
}

const letter = {
  id: text,
  plugin: { ...orNull(text), description: "The app's folder; null for PostHog." },
  hook: text,
  project: text,
  error: text,
  attempts: whole,
  firstAt: time,
  lastAt: time,
};

const destination = {
  hook: text,
  plugin: { ...text, description: "Absent for PostHog." },
  routed: whole,
  delivered: whole,
  ignored: whole,
  dead: whole,
  retried: whole,
  replayed: whole,
  deleted: whole,
  expired: whole,
};

const replay = {
  id: text,
  status: { enum: ["running", "done"] },
  replayed: whole,
  refused: whole,
  missing: whole,
};

const step = { plugin: text, app: text, outcome: { enum: ["unchanged", "changed", "dropped", "failed"] } };

const delivery = {
  at: time,
  hook: text,
  attempt: whole,
  outcome: { enum: ["delivered", "buffered", "ignored", "duplicate", "put off", "retried", "dead"] },
};

const story = {
  id: text,
  project: text,
  at: time,
  event: text,
  distinct_id: text,
  steps: listOf(objectOf(step)),
  deliveries: listOf({ ...objectOf(delivery), properties: { ...delivery, replays: whole } }),
};

const stateCounts = objectOf({ cache: whole, storage: whole, global: whole });

export const answers = {
  error: {
    ...objectOf({ error: text }),
    properties: {
      error: text,
      faults: {
        ...listOf(objectOf({ field: text, why: text })),
        description: "Field by field, where fields are at fault.",
      },
    },
  },
  app: { type: "object", description: "State, configuration and hooks of an app in a project." },
  apps: objectOf({ apps: listOf({ type: "object" }) }),
  health: objectOf({
    project: text,
    plugin: text,
    state: text,
    why: orNull(text),
    hooks: listOf(
      objectOf({
        hook: text,
        processed: whole,
        dropped: whole,
        failed: whole,
        retried: whole,
        p50Ms: orNull(whole),
        p95Ms: orNull(whole),
      }),
    ),
    errors: listOf({ type: "object" }),
  }),
  projects: objectOf({
    any: { type: "boolean" },
    entries: listOf(objectOf({ project: text, paused: { type: "boolean" } })),
  }),
  settings: objectOf({
    entries: listOf(objectOf({ name: text, value: text, from: { enum: ["set", "default"] } })),
  }),
  services: objectOf({
    entries: listOf(objectOf({ name: text, state: { enum: ["up", "down", "unset"] }, detail: text })),
  }),
  started: objectOf({ status: { const: "started" }, project: text, plugin: text }),
  log: pageOf({
    ...objectOf({ timestamp: time, level: text, source: text, message: text }),
    properties: { timestamp: time, level: text, source: text, message: text, hook: text },
  }),
  audit: objectOf({
    entries: listOf(objectOf({ at: time, who: text, what: text })),
    cursor: orNull(whole),
  }),
  destinations: objectOf({
    destinations: listOf(
      objectOf({
        project: text,
        hook: text,
        state: { enum: ["closed", "open", "parked"] },
        failures: whole,
      }),
    ),
  }),
  stories: pageOf(objectOf(story)),
  story: objectOf(story),
  letters: pageOf(objectOf({ ...letter, events: whole, characters: whole, replays: whole })),
  letter: objectOf({ ...letter, events: listOf({}) }),
  replay: objectOf({ ...replay, why: listOf(objectOf({ id: text, why: text })) }),
  replayState: objectOf({ ...replay, updatedAt: time }),
  deleted: objectOf({ deleted: whole }),
  deletedLetters: objectOf({ deleted: whole, more: { type: "boolean" } }),
  metrics: objectOf({
    from: time,
    to: time,
    step: { const: "hour" },
    projects: listOf(
      objectOf({
        project: text,
        hours: listOf(
          objectOf({
            hour: time,
            accepted: whole,
            duplicate: whole,
            dropped: numbersBy,
            invalid: numbersBy,
            destinations: listOf({ type: "object", properties: destination }),
          }),
        ),
      }),
    ),
  }),
  buffers: objectOf({
    entries: listOf(
      objectOf({
        project: text,
        plugin: text,
        buffer: { ...orNull(whole), description: "Of createBuffer; null for exportEvents." },
        events: whole,
        size: { ...whole, description: "Characters for exportEvents, points for createBuffer." },
        due: { ...orNull(time), description: "Null when it waits for its app." },
        app: { enum: ["running", "pending", "disabled", "gone"] },
      }),
    ),
    more: { type: "boolean" },
  }),
  state: objectOf({ project: text, plugin: text, keys: stateCounts, cursor: orNull(text) }),
  deletedState: objectOf({ project: text, plugin: text, deleted: stateCounts, cursor: orNull(text) }),
};

const conditions = { project: text, plugin: text, hook: text, error: text, from: time, to: time };
const limit = { type: "integer", minimum: 1, maximum: 500, default: 100 };
const kind = { enum: ["cache", "storage", "global"] };

export const queries = {
  project: { project: text },
  buffer: { project: text, buffer: { type: "integer", minimum: 0 } },
  state: { project: text, kind, cursor: text },
  audit: {
    limit: { type: "integer", minimum: 1, maximum: 200, default: 50 },
    cursor: { type: "integer", minimum: 0 },
  },
  log: { project: text, level: text, hook: text, search: text, limit, cursor: text, since: time },
  stories: {
    project: text,
    event: text,
    distinct_id: text,
    app: text,
    limit: { type: "integer", minimum: 1, maximum: 200, default: 50 },
    cursor: text,
  },
  letters: { ...conditions, limit, cursor: text },
  metrics: {
    project: text,
    from: time,
    to: time,
    step: { const: "hour" },
    format: { enum: ["json", "prometheus"] },
  },
};

const ids = { type: "array", items: text, minItems: 1, maxItems: 500 };

export const bodies = {
  appChange: {
    type: "object",
    properties: {
      enabled: { type: ["boolean", "null"] },
      order: { type: ["number", "null"] },
      config: { type: "object" },
    },
  },
  trial: {
    type: "object",
    properties: {
      event: {
        type: "object",
        properties: { event: text, distinct_id: text, properties: { type: "object" } },
      },
      config: { type: "object" },
      send: { type: "boolean", default: false },
    },
  },
  run: {
    anyOf: [objectOf({ task: text }), { ...objectOf({ job: text }), properties: { job: text, payload: {} } }],
  },
  letters: { anyOf: [objectOf({ ids }), objectOf({ filter: { type: "object", properties: conditions } })] },
};
