import type { Engine } from "./engine.ts";
import { createMessage } from "./publish.ts";
import type { Schedule } from "./schedules.ts";
import { parseSettings } from "./settings.ts";
import { viewMessage } from "./view.ts";

/** A schedule as QStash's API shows it: the message of a tick, redacted as it would be, and when ticks come. */
export function viewSchedule(engine: Engine, schedule: Schedule): Record<string, unknown> {
  const headers = new Headers(schedule.headers);
  const settings = parseSettings(headers);
  const endpoint = { url: schedule.destination };
  const message = viewMessage(createMessage(engine, { ...schedule, headers }, settings, endpoint, undefined));
  return {
    ...message,
    messageId: undefined,
    url: undefined,
    notBefore: undefined,
    maxRetries: undefined,
    retries: message["maxRetries"],
    delay: settings.delayMs === undefined ? undefined : settings.delayMs / 1000,
    scheduleId: schedule.scheduleId,
    cron: schedule.cron,
    destination: schedule.destination,
    createdAt: schedule.createdAt,
    isPaused: schedule.isPaused,
    lastScheduleTime: schedule.lastScheduleTime,
    nextScheduleTime: schedule.nextScheduleTime,
  };
}
