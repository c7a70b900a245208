import { attempt } from "./attempt.ts";
import { type Attempt, commit, type Engine } from "./engine.ts";
import { allowance, countStarts, opensAt } from "./flow-control.ts";
import { countCommands, readFlow } from "./flow-store.ts";
import { load } from "./load.ts";
import type { Progress } from "./message.ts";
import { readMessages } from "./message-store.ts";
import { tickSchedules } from "./schedules.ts";
import { settle } from "./settle.ts";
import { createTimetable } from "./timetable.ts";

/** Rounds of one look at what is due: each fills the free places, or finds that messages have to wait. */
const MAX_ROUNDS = 10_000;

/**
 * Starts an attempt for everything that is due, as far as parallelism and flow control allow, and returns how many it
 * started. Does not wait for them. Rejects when Redis fails; calling it again makes up for what was left half done.
 */
export async function startDue(engine: Engine): Promise<number> {
  return engine.moving(async () => {
    try {
      if (engine.mustLoad) await load(engine);
      await engine.events.trim();
      await tickSchedules(engine);
      return (await startReady(engine)) + (await startWaiting(engine));
    } catch (error) {
      engine.mustLoad = true;
      throw error;
    }
  });
}

/** The time (ms) of the next thing to do, perhaps past; null when nothing is known to come. */
export async function nextDueAt(engine: Engine): Promise<number | null> {
  if (engine.mustLoad) await engine.moving(() => load(engine));
  const times = [engine.due.next(), engine.ticks.next()];
  const now = engine.clock.now();
  for (const key of engine.waiting.keys()) {
    const flow = await readFlow(engine.backend, key);
    times.push(flow === null ? now : opensAt(flow, running(engine, key), now));
  }
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}

async function startReady(engine: Engine): Promise<number> {
  let started = 0;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const free = engine.maxParallelAttempts - engine.attempts.size;
    const messageIds = free > 0 ? engine.due.take(engine.clock.now(), free) : [];
    if (messageIds.length === 0) break;
    const ready: Progress[] = [];
    for (const progress of await readMessages(engine.backend, messageIds)) {
      if (progress.message.flowControl === undefined) ready.push(progress);
      else wait(engine, progress, progress.message.flowControl.key);
    }
    await commit(engine, activeCommands(engine, ready));
    for (const progress of ready) start(engine, progress);
    started += ready.length;
  }
  return started;
}

async function startWaiting(engine: Engine): Promise<number> {
  let started = 0;
  for (const [key, timetable] of engine.waiting) {
    const now = engine.clock.now();
    const flow = await readFlow(engine.backend, key);
    const places = engine.maxParallelAttempts - engine.attempts.size;
    const free = Math.min(places, flow === null ? places : allowance(flow, running(engine, key), now));
    const ready = await readMessages(engine.backend, timetable.take(now, free));
    const counts = flow === null ? [] : countCommands(key, countStarts(flow, ready.length, now));
    if (ready.length > 0) await commit(engine, [...counts, ...activeCommands(engine, ready)]);
    for (const progress of ready) start(engine, progress);
    started += ready.length;
    if (timetable.size === 0) engine.waiting.delete(key);
  }
  return started;
}

function wait(engine: Engine, progress: Progress, key: string): void {
  const timetable = engine.waiting.get(key) ?? createTimetable();
  engine.waiting.set(key, timetable);
  timetable.set(progress.message.messageId, progress.nextAt);
}

function start(engine: Engine, progress: Progress): void {
  const { messageId, flowControl } = progress.message;
  const entry: Attempt = { flowKey: flowControl?.key, cancelRequested: false, finished: Promise.resolve() };
  engine.attempts.set(messageId, entry);
  engine.counters.deliveries++;
  entry.finished = run(engine, progress, entry);
}

async function run(engine: Engine, progress: Progress, entry: Attempt): Promise<void> {
  const { messageId } = progress.message;
  try {
    const answer = await attempt(engine, progress);
    // A stop ended it before its answer: the next start delivers it again.
    if (engine.stopping.signal.aborted && answer.status === 0) return;
    await engine.moving(() => settle(engine, progress, answer, entry));
  } catch (error) {
    engine.mustLoad = true;
    engine.log(
      `qstash: the outcome of ${messageId} may not be recorded, then it is delivered again: ${error}`,
    );
  } finally {
    engine.attempts.delete(messageId);
    engine.wake();
  }
}

function activeCommands(engine: Engine, ready: readonly Progress[]) {
  return ready.flatMap(({ message }) => engine.events.commands(message, "ACTIVE"));
}

function running(engine: Engine, flowKey: string): number {
  return [...engine.attempts.values()].filter((entry) => entry.flowKey === flowKey).length;
}
