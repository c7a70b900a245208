import type { CacheExtension, Plugin, PluginEvent, PluginMeta } from "@posthog/plugin-scaffold";

type FirstTimeEvent = Plugin<{
  config: { events?: string; rememberDays?: string };
  global: {
    /** Empty: all. */
    watched: string[];
    /** 0: without end. */
    ttlSeconds: number;
  };
}>;

const SECONDS_PER_DAY = 24 * 60 * 60;

/** SDKs send these by themselves to say who somebody is: nobody has done anything yet. */
const BOOKKEEPING = new Set(["$identify", "$set", "$create_alias", "$merge_dangerously", "$groupidentify"]);

/** Throws when the days to remember are no number. */
export function setupPlugin({ config, global }: PluginMeta<FirstTimeEvent>) {
  const days = Number(config.rememberDays ?? 0);
  if (!Number.isFinite(days) || days < 0) {
    throw new Error(
      `rememberDays is ${JSON.stringify(config.rememberDays)}; set it to a number of days, or to 0 to remember without end`,
    );
  }
  global.ttlSeconds = Math.ceil(days * SECONDS_PER_DAY);
  global.watched = splitList(config.events);
}

/**
 * Adds `is_first_event` and `is_first_of_name`, and the times of both to the person. One request to Redis per event, of
 * four commands (two when it remembers without end). Rejects when Redis does; the event then goes on unmarked.
 */
export async function processEvent(event: PluginEvent, { cache, global }: PluginMeta<FirstTimeEvent>) {
  if (!isWatched(event.event, global.watched)) return event;

  const { ttlSeconds } = global;
  // Asked for in one turn, so they leave together. Counting is what makes it exact: of two events at once, one gets 1.
  const [eventsOfPerson, eventsOfName] = await Promise.all([
    count(cache, [event.distinct_id], ttlSeconds),
    count(cache, [event.distinct_id, event.event], ttlSeconds),
  ]);
  const isFirstEvent = eventsOfPerson === 1;
  const isFirstOfName = eventsOfName === 1;

  const properties = event.properties ?? {};
  properties["is_first_event"] = isFirstEvent;
  properties["is_first_of_name"] = isFirstOfName;
  if (isFirstOfName) {
    const time = timeOf(event);
    // `$set_once` keeps the true first time even when a person was forgotten here and is new again.
    properties["$set_once"] = {
      ...(isFirstEvent ? { first_event: event.event, first_event_at: time } : {}),
      [`first_${event.event}_at`]: time,
      ...asObject(properties["$set_once"]),
    };
  }
  event.properties = properties;
  return event;
}

function isWatched(name: string, watched: readonly string[]): boolean {
  return watched.length > 0 ? watched.includes(name) : !BOOKKEEPING.has(name);
}

/** Counts one more of what the parts name; each time puts off the end of its life. The key is JSON, as parts may hold anything. */
async function count(cache: CacheExtension, parts: readonly string[], ttlSeconds: number): Promise<number> {
  const key = `seen ${JSON.stringify(parts)}`;
  const [counted] = await Promise.all([
    cache.incr(key),
    ttlSeconds > 0 ? cache.expire(key, ttlSeconds) : undefined,
  ]);
  return counted;
}

/** ISO. The client's own time where it can be read, since events may arrive days late. */
function timeOf({ timestamp, now }: PluginEvent): string {
  const sent = Date.parse(timestamp ?? "");
  return Number.isNaN(sent) ? now : new Date(sent).toISOString();
}

function asObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

/** A list works as well as text with commas: as text it has the same. */
function splitList(names: unknown): string[] {
  return String(names ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean);
}
