import type { Instance } from "../../apps/instance.ts";
import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";
import type { ProcessedPluginEvent } from "../plugin-event.ts";

const DEFAULT_BYTES = 1024 * 1024;
const MAX_BYTES = 100 * 1024 * 1024;
const DEFAULT_SECONDS = 10;
const MAX_SECONDS = 600;

/** When an app's buffer is flushed, from its configuration (runtime 3.11). */
export interface BufferLimits {
  /** Characters of JSON, PostHog's measure. */
  maxCharacters: number;
  /** Seconds that the first event of a buffer waits at the most. */
  maxSeconds: number;
  ignored: ReadonlySet<string>;
}

/** Values are text as a rule; what is not a number means the default, what is out of range its nearest end. */
export function bufferLimits({ meta }: Instance): BufferLimits {
  const { config } = meta as { config: Record<string, unknown> };
  const ignored = String(config["exportEventsToIgnore"] ?? "");
  return {
    maxCharacters: clamp(config["exportEventsBufferBytes"], DEFAULT_BYTES, MAX_BYTES),
    maxSeconds: clamp(config["exportEventsBufferSeconds"], DEFAULT_SECONDS, MAX_SECONDS),
    ignored: new Set(
      ignored
        .split(",")
        .map((name) => name.trim())
        .filter(Boolean),
    ),
  };
}

function clamp(value: unknown, fallback: number, max: number): number {
  const parsed = Number.parseInt(String(value), 10);
  return Number.isNaN(parsed) ? fallback : Math.min(max, Math.max(1, parsed));
}

/** Where a buffer stands after events were added. */
export interface Appended {
  full: boolean;
  /** The buffer was empty before: its time starts now. */
  first: boolean;
}

/**
 * Adds events to an app's buffer, all or none: 5 commands in one request. `now` in ms.
 */
export async function appendToBuffer(
  store: Store,
  options: {
    project: string;
    plugin: string;
    events: readonly ProcessedPluginEvent[];
    limits: BufferLimits;
    now: number;
  },
): Promise<Appended> {
  const { project, plugin, limits } = options;
  const texts = options.events.map((event) => JSON.stringify(event));
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  const buffer = keys.exportBuffer(project, plugin);
  const size = keys.exportSize(project, plugin);
  const [, total, , , first] = await store
    .multi()
    .rpush(buffer, ...texts.map((text) => `${text.length}:${text}`))
    .incrby(size, characters)
    .expire(buffer, keys.exportTtlSeconds)
    .expire(size, keys.exportTtlSeconds)
    .zadd(
      keys.exportsDue,
      { nx: true },
      { score: options.now + limits.maxSeconds * 1000, member: dueMember(project, plugin) },
    )
    .exec();
  return { full: Number(total) > limits.maxCharacters, first: Number(first) === 1 };
}

/** A buffer's name in the set of buffers by due time. */
function dueMember(project: string, plugin: string): string {
  return `${project} ${plugin}`;
}

/** Buffers that should have been flushed before `time` (ms), oldest first. One command. */
export async function overdueBuffers(
  store: Store,
  time: number,
  limit: number,
): Promise<{ project: string; plugin: string }[]> {
  const members = await store.zrange<string[]>(keys.exportsDue, 0, time, {
    byScore: true,
    offset: 0,
    count: limit,
  });
  return members.map((member) => {
    const [project = "", plugin = ""] = member.split(" ");
    return { project, plugin };
  });
}

/**
 * Moves the events that fit into one batch from the buffer to a key of the batch's own, where they stay until the batch
 * is acknowledged. A batch of that name which is there already is returned again: the flush that took it was cut off.
 * The first event is taken whatever its size, since it cannot be split. KEYS: buffer, size, batch, due set.
 * ARGV: most characters, whether a buffer that is not full stays, member of the due set, life time in seconds.
 */
const takeScript = `#!lua flags=allow-key-locking
local held = redis.call('GET', KEYS[3])
local size = tonumber(redis.call('GET', KEYS[2]) or '0')
local limit = tonumber(ARGV[1])
if held then return {held, size} end
if ARGV[2] == '1' and size <= limit then return {false, size} end
local batch, characters, from = {}, 0, 0
repeat
  local part = redis.call('LRANGE', KEYS[1], from, from + 499)
  local full = #part == 0
  for _, entry in ipairs(part) do
    local colon = string.find(entry, ':', 1, true)
    local length = tonumber(string.sub(entry, 1, colon - 1))
    if characters > 0 and characters + length > limit then full = true break end
    characters = characters + length
    batch[#batch + 1] = string.sub(entry, colon + 1)
  end
  from = from + 500
until full
if #batch == 0 then
  redis.call('ZREM', KEYS[4], ARGV[3])
  redis.call('DEL', KEYS[2])
  return {false, 0}
end
local text = '[' .. table.concat(batch, ',') .. ']'
redis.call('SET', KEYS[3], text, 'EX', ARGV[4])
redis.call('LTRIM', KEYS[1], #batch, -1)
local left = redis.call('DECRBY', KEYS[2], characters)
if redis.call('LLEN', KEYS[1]) == 0 then
  redis.call('ZREM', KEYS[4], ARGV[3])
  redis.call('DEL', KEYS[2])
  left = 0
end
return {text, left}`;

/** A batch on its way to `exportEvents`. */
export interface TakenBatch {
  /** Null when there was nothing to take. */
  events: ProcessedPluginEvent[] | null;
  /** Whether what is left still fills a batch. */
  full: boolean;
}

/** Takes the next batch. One request, about ten commands. With `onlyFull` a buffer within its limit stays. */
export async function takeBatch(
  store: Store,
  options: { project: string; plugin: string; batch: string; limits: BufferLimits; onlyFull: boolean },
): Promise<TakenBatch> {
  const { project, plugin, batch, limits } = options;
  const [text, left] = (await store.eval(
    takeScript,
    [
      keys.exportBuffer(project, plugin),
      keys.exportSize(project, plugin),
      keys.exportBatch(project, plugin, batch),
      keys.exportsDue,
    ],
    [
      String(limits.maxCharacters),
      options.onlyFull ? "1" : "0",
      dueMember(project, plugin),
      String(keys.exportTtlSeconds),
    ],
  )) as [string | null, number];
  return {
    events: typeof text === "string" ? (JSON.parse(text) as ProcessedPluginEvent[]) : null,
    full: Number(left) > limits.maxCharacters,
  };
}

/** The events of a batch that was taken and not acknowledged; null when it is gone. */
export async function readBatch(
  store: Store,
  project: string,
  plugin: string,
  batch: string,
): Promise<ProcessedPluginEvent[] | null> {
  const text = await store.get<string>(keys.exportBatch(project, plugin, batch));
  return typeof text === "string" ? (JSON.parse(text) as ProcessedPluginEvent[]) : null;
}

/** Forgets a batch: `exportEvents` has done with it, or it has become a dead letter. */
export async function acknowledgeBatch(
  store: Store,
  project: string,
  plugin: string,
  batch: string,
): Promise<void> {
  await store.del(keys.exportBatch(project, plugin, batch));
}
