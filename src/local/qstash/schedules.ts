import type { Command, RedisBackend } from "../redis/backend.ts";
import { ApiError } from "./api-error.ts";
import type { StoredBody } from "./body.ts";
import { type Cron, parseCron } from "./cron.ts";
import { parseDestination } from "./destination.ts";
import { commit, type Engine } from "./engine.ts";
import { keys } from "./keys.ts";
import type { Message } from "./message.ts";
import { resourceName } from "./name.ts";
import { acceptCommands, createMessages, placeMessages, type PublishRequest } from "./publish.ts";
import { pairs } from "./redis.ts";
import { parseSettings } from "./settings.ts";

export interface Schedule {
  scheduleId: string;
  cron: string;
  destination: string;
  /** Name and value of every header that a publish would carry. */
  headers: [string, string][];
  body: StoredBody;
  queueName?: string | undefined;
  callerIP?: string | undefined;
  /** ms */
  createdAt: number;
  isPaused: boolean;
  lastScheduleTime?: number | undefined;
  /** The tick to come; while paused, the one that would have. */
  nextScheduleTime: number;
}

/** Ticks of one round; the next round takes the rest. */
const MAX_TICKS = 100;

/**
 * Creates a schedule, or replaces the one with the same `Upstash-Schedule-Id`. Everything that a tick would refuse is
 * refused here with an ApiError (400).
 */
export async function putSchedule(engine: Engine, request: PublishRequest): Promise<string> {
  const { headers } = request;
  parseSettings(headers);
  parseDestination(request.destination);
  const given = headers.get("upstash-schedule-id");
  const scheduleId = given === null ? engine.newId("scd") : resourceName("schedule id", given);
  const cron = headers.get("upstash-cron") ?? "";
  const queueName = headers.get("upstash-queue-name");
  const now = engine.clock.now();
  const previous = given === null ? null : await findSchedule(engine.backend, scheduleId);
  await writeSchedule(engine, {
    scheduleId,
    cron,
    destination: request.destination,
    headers: [...headers].filter(([name]) => name === "content-type" || name.startsWith("upstash-")),
    body: request.body,
    queueName: queueName === null ? undefined : resourceName("queue name", queueName),
    callerIP: request.callerIP,
    createdAt: previous?.createdAt ?? now,
    isPaused: previous?.isPaused ?? false,
    lastScheduleTime: previous?.lastScheduleTime,
    nextScheduleTime: compile(cron)(now),
  });
  return scheduleId;
}

/** Reads a schedule. Throws an ApiError (404) for an unknown one. */
export async function readSchedule(backend: RedisBackend, scheduleId: string): Promise<Schedule> {
  const schedule = await findSchedule(backend, scheduleId);
  if (schedule === null) throw new ApiError(404, `schedule "${scheduleId}" not found.`);
  return schedule;
}

/** All schedules, in no particular order. */
export async function listSchedules(backend: RedisBackend): Promise<Schedule[]> {
  const all = pairs(await backend.command(["HGETALL", keys.schedules]));
  return [...all.values()].map((text) => JSON.parse(text) as Schedule);
}

/** Pauses or resumes: ticks during a pause are not made up for. Throws an ApiError (404) for an unknown schedule. */
export async function pauseSchedule(engine: Engine, scheduleId: string, isPaused: boolean): Promise<void> {
  const schedule = await readSchedule(engine.backend, scheduleId);
  const nextScheduleTime = compile(schedule.cron)(engine.clock.now());
  await writeSchedule(engine, { ...schedule, isPaused, nextScheduleTime });
}

/** Deletes a schedule; messages that it published go on. */
export async function deleteSchedule(engine: Engine, scheduleId: string): Promise<void> {
  await commit(engine, [["HDEL", keys.schedules, scheduleId]]);
  engine.ticks.delete(scheduleId);
}

/**
 * Publishes what schedules are due for. Several ticks missed while the server was down are made up for by one message.
 * Call within `engine.moving`.
 */
export async function tickSchedules(engine: Engine): Promise<void> {
  for (const scheduleId of engine.ticks.take(engine.clock.now(), MAX_TICKS)) {
    const schedule = await findSchedule(engine.backend, scheduleId);
    if (schedule !== null && !schedule.isPaused) await tick(engine, schedule);
  }
}

async function tick(engine: Engine, schedule: Schedule): Promise<void> {
  const now = engine.clock.now();
  const nextScheduleTime = compile(schedule.cron)(now);
  const messages: Message[] = [];
  try {
    const headers = new Headers(schedule.headers);
    messages.push(...(await createMessages(engine, { ...schedule, headers }, parseSettings(headers))));
  } catch (error) {
    // Its URL group is gone: the schedule goes on, so that a later tick finds the group again.
    if (!(error instanceof ApiError)) throw error;
    engine.log(`qstash: schedule ${schedule.scheduleId} published nothing: ${error.message}`);
  }
  // The tick and its messages in one transaction: neither is lost or made twice by a crash.
  await commit(engine, [
    writeCommand({ ...schedule, lastScheduleTime: now, nextScheduleTime }),
    ...messages.flatMap((message) => acceptCommands(engine, message)),
  ]);
  engine.counters.published += messages.length;
  engine.ticks.set(schedule.scheduleId, nextScheduleTime);
  await placeMessages(engine, messages);
}

async function findSchedule(backend: RedisBackend, scheduleId: string): Promise<Schedule | null> {
  const text = await backend.command(["HGET", keys.schedules, scheduleId]);
  return typeof text === "string" ? (JSON.parse(text) as Schedule) : null;
}

async function writeSchedule(engine: Engine, schedule: Schedule): Promise<void> {
  await commit(engine, [writeCommand(schedule)]);
  if (schedule.isPaused) engine.ticks.delete(schedule.scheduleId);
  else engine.ticks.set(schedule.scheduleId, schedule.nextScheduleTime);
  engine.wake();
}

function writeCommand(schedule: Schedule): Command {
  return ["HSET", keys.schedules, schedule.scheduleId, JSON.stringify(schedule)];
}

function compile(cron: string): Cron {
  try {
    return parseCron(cron);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ApiError(400, `invalid Upstash-Cron "${cron}": ${reason}.`);
  }
}
