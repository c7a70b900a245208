import { randomBytes, timingSafeEqual } from "node:crypto";
import { Hono } from "hono";
import type { RedisBackend } from "../redis/backend.ts";
import { ApiError } from "./api-error.ts";
import { keepCredentials } from "./credentials.ts";
import { nextDueAt } from "./dispatch.ts";
import type { Counters, Engine } from "./engine.ts";
import { createEventLog } from "./event-log.ts";
import { createIds } from "./ids.ts";
import { createLoop, deliverDue } from "./loop.ts";
import { createMutex } from "./mutex.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import { eventRoutes } from "./routes/events.ts";
import { flowControlRoutes } from "./routes/flow-control.ts";
import { messageRoutes } from "./routes/messages.ts";
import { type CallerIP, publishRoutes } from "./routes/publish.ts";
import { queueRoutes } from "./routes/queues.ts";
import { scheduleRoutes } from "./routes/schedules.ts";
import { signingKeyRoutes } from "./routes/signing-keys.ts";
import { urlGroupRoutes } from "./routes/url-groups.ts";
import { createTimetable } from "./timetable.ts";

const DEFAULT_PARALLEL_ATTEMPTS = 10;
/** QStash's free plan: one megabyte. */
const DEFAULT_MESSAGE_BYTES = 1_000_000;
/** Node's fetch gives up on an answer after 300 s, so a longer time would be a promise that is not kept. */
const DEFAULT_ATTEMPT_TIMEOUT_MS = 300_000;

export interface QStashOptions {
  /** Keeps everything that must survive. One QStash server at a time may use it. */
  backend: RedisBackend;
  /** Bearer token of every request. */
  token: string;
  currentSigningKey: string;
  nextSigningKey: string;
  /** Decides what is due; the timeout of an attempt alone is measured in real time. */
  clock?: { now(): number };
  fetch?: Engine["fetch"];
  /** Randomness of ids and of rotated keys: letters and digits. */
  random?: () => string;
  maxParallelAttempts?: number;
  maxMessageBytes?: number;
  /** Also the upper bound of `Upstash-Timeout`. */
  attemptTimeoutMs?: number;
  callerIP?: CallerIP;
  log?: (line: string) => void;
}

export interface QStash {
  fetch: Hono["fetch"];
  /** Starts the loop that delivers in real time. What an earlier process left in flight is delivered again. */
  start(): void;
  stop(): Promise<void>;
  /** Delivers all that is due by the clock, without timers; resolves with the number of attempts once they finished. */
  deliverDue(): Promise<number>;
  /** Time (ms) of the next thing to do; null when nothing is known to come. */
  nextDueAt(): Promise<number | null>;
  counters(): Counters;
}

/**
 * Makes a server that speaks QStash's REST API (v2) and delivers what it accepts: at least once, with the retries, limits
 * and signatures that QStash documents. A message is in Redis before its publisher has an answer.
 */
export function createQStash(options: QStashOptions): QStash {
  const random = options.random ?? (() => randomBytes(8).toString("hex"));
  const signingKeys = { current: options.currentSigningKey, next: options.nextSigningKey };
  const engine = createEngine(options, random, () => signingKeys.current);
  const { backend, moving } = engine;
  const callerIP = options.callerIP ?? (() => undefined);
  const loop = createLoop(engine);

  /** The next key signs from now on; receivers know it already, as they were configured with both. */
  const rotate = () =>
    moving(async () => {
      const [current, next] = [signingKeys.next, `sig_${random()}`];
      await keepCredentials(backend, { currentSigningKey: current, nextSigningKey: next });
      return Object.assign(signingKeys, { current, next });
    });

  const app = new Hono();
  app.use(async (context, next) => {
    const [, bearer] = /^Bearer (.+)$/i.exec(context.req.header("authorization") ?? "") ?? [];
    if (!sameToken(bearer ?? context.req.query("qstash_token") ?? "", options.token)) {
      throw new ApiError(401, "unauthorized: send the QStash token as a bearer token or as ?qstash_token=.");
    }
    await next();
  });
  for (const routes of [
    publishRoutes(engine, callerIP),
    messageRoutes(engine),
    deadLetterRoutes(engine),
    eventRoutes(engine),
    scheduleRoutes(engine, callerIP),
    queueRoutes(engine),
    urlGroupRoutes(engine),
    flowControlRoutes(engine),
    signingKeyRoutes({ read: () => signingKeys, rotate }),
  ]) {
    app.route("/v2", routes);
  }
  app.notFound((context) => context.json({ error: `no such endpoint: ${context.req.path}` }, 404));
  app.onError((error, context) => {
    if (error instanceof ApiError) return context.json({ error: error.message }, error.status);
    engine.log(`qstash: ${context.req.method} ${context.req.path} failed: ${error}`);
    return context.json({ error: `nothing was accepted, try again: ${error.message}` }, 503);
  });

  return {
    fetch: app.fetch,
    start: loop.start,
    stop: loop.stop,
    deliverDue: () => deliverDue(engine),
    nextDueAt: () => nextDueAt(engine),
    counters: () => ({ ...engine.counters }),
  };
}

function createEngine(options: QStashOptions, random: () => string, signingKey: () => string): Engine {
  const { backend, clock = { now: () => Date.now() } } = options;
  const newId = createIds({ clock, random });
  return {
    backend,
    clock,
    newId,
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    signingKey,
    log: options.log ?? (() => {}),
    maxParallelAttempts: options.maxParallelAttempts ?? DEFAULT_PARALLEL_ATTEMPTS,
    maxMessageBytes: options.maxMessageBytes ?? DEFAULT_MESSAGE_BYTES,
    attemptTimeoutMs: options.attemptTimeoutMs ?? DEFAULT_ATTEMPT_TIMEOUT_MS,
    counters: {
      published: 0,
      deliveries: 0,
      delivered: 0,
      retried: 0,
      deadLettered: 0,
      deduplicated: 0,
      cancelled: 0,
    },
    events: createEventLog({ backend, clock, newSegment: () => newId("log") }),
    due: createTimetable(),
    waiting: new Map(),
    attempts: new Map(),
    ticks: createTimetable(),
    moving: createMutex(),
    deduplicating: createMutex(),
    wake: () => {},
    mustLoad: true,
    stopping: new AbortController(),
  };
}

function sameToken(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
