import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";

/** When a buffer is flushed. */
export interface BufferLimits {
  /** Characters of JSON for `exportEvents`, PostHog's measure; points for `createBuffer`. */
  maxSize: number;
  /** Seconds that the first item of a buffer waits at the most. */
  maxSeconds: number;
}

/** An item of a buffer: its size, and its JSON. */
export interface BufferItem {
  size: number;
  json: string;
}

/** Where a buffer stands after items were added. */
export interface Appended {
  full: boolean;
  /** The buffer was empty before: its time starts now. */
  first: boolean;
}

/**
 * Adds items to a buffer, all or none: 5 commands in one request. `now` in ms. Here and below `plugin` is the app's folder
 * for what waits for its `exportEvents`, and `bufferName` of one that it has made itself.
 */
export async function appendToBuffer(
  store: Store,
  options: {
    project: string;
    plugin: string;
    items: readonly BufferItem[];
    limits: BufferLimits;
    now: number;
  },
): Promise<Appended> {
  const { project, plugin, items, limits } = options;
  const added = items.reduce((sum, { size }) => sum + size, 0);
  const buffer = keys.exportBuffer(project, plugin);
  const size = keys.exportSize(project, plugin);
  const [, total, , , first] = await store
    .multi()
    .rpush(buffer, ...items.map((item) => `${item.size}:${item.json}`))
    .incrbyfloat(size, added)
    .expire(buffer, keys.exportTtlSeconds)
    .expire(size, keys.exportTtlSeconds)
    .zadd(
      keys.exportsDue,
      { nx: true },
      { score: options.now + limits.maxSeconds * 1000, member: dueMember(project, plugin) },
    )
    .exec();
  return { full: Number(total) > limits.maxSize, first: Number(first) === 1 };
}

/** The name of a buffer that an app has made with `createBuffer`; a folder's name has no slash in it. */
export function bufferName(plugin: string, number: number): string {
  return `${plugin}/${number}`;
}

/** A buffer's name in the set of buffers by due time; that of one of its batches, when that has been left behind. */
export function dueMember(project: string, plugin: string, batch?: string): string {
  return batch === undefined ? `${project} ${plugin}` : `${project} ${plugin} ${batch}`;
}

/** A buffer, or a batch of one, that should have been flushed. */
export interface Overdue {
  project: string;
  plugin: string;
  /** Which of the buffers that the app has made itself; null = the one of its `exportEvents`. */
  buffer: number | null;
  batch: string | null;
}

/** What should have been flushed before `time` (ms), oldest first. One command. */
export async function overdueBuffers(store: Store, time: number, limit: number): Promise<Overdue[]> {
  const members = await store.zrange<string[]>(keys.exportsDue, 0, time, {
    byScore: true,
    offset: 0,
    count: limit,
  });
  return members.map((member) => {
    const [project = "", name = "", batch = null] = member.split(" ");
    const [plugin = "", buffer = null] = name.split("/");
    return { project, plugin, buffer: buffer === null ? null : Number(buffer), batch };
  });
}

/**
 * Moves the items that fit into one batch from the buffer to a key of the batch's own, where they stay until the batch
 * is acknowledged. A batch of that name which is there already is returned again: the flush that took it was cut off.
 * The first item is taken whatever its size, since it cannot be split. KEYS: buffer, size, batch, due set.
 * ARGV: largest size, whether a buffer that is not full stays, member of the due set, life time in seconds.
 */
const takeScript = `#!lua flags=allow-key-locking
local held = redis.call('GET', KEYS[3])
local size = tonumber(redis.call('GET', KEYS[2]) or '0')
local limit = tonumber(ARGV[1])
if held then return {held, tostring(size)} end
if ARGV[2] == '1' and size <= limit then return {false, tostring(size)} end
local batch, taken, from = {}, 0, 0
repeat
  local part = redis.call('LRANGE', KEYS[1], from, from + 499)
  local full = #part == 0
  for _, entry in ipairs(part) do
    local colon = string.find(entry, ':', 1, true)
    local itemSize = tonumber(string.sub(entry, 1, colon - 1))
    if taken > 0 and taken + itemSize > limit then full = true break end
    taken = taken + itemSize
    batch[#batch + 1] = string.sub(entry, colon + 1)
  end
  from = from + 500
until full
if #batch == 0 then
  redis.call('ZREM', KEYS[4], ARGV[3])
  redis.call('DEL', KEYS[2])
  return {false, '0'}
end
local text = '[' .. table.concat(batch, ',') .. ']'
redis.call('SET', KEYS[3], text, 'EX', ARGV[4])
redis.call('LTRIM', KEYS[1], #batch, -1)
local left = redis.call('INCRBYFLOAT', KEYS[2], tostring(-taken))
if redis.call('LLEN', KEYS[1]) == 0 then
  redis.call('ZREM', KEYS[4], ARGV[3])
  redis.call('DEL', KEYS[2])
  left = '0'
end
return {text, left}`;

/** A batch on its way to the app. */
export interface TakenBatch<Item> {
  /** Null when there was nothing to take. */
  items: Item[] | null;
  /** Whether what is left still fills a batch. */
  full: boolean;
}

/** Takes the next batch. One request, about ten commands. With `onlyFull` a buffer within its limit stays. */
export async function takeBatch<Item>(
  store: Store,
  options: { project: string; plugin: string; batch: string; limits: BufferLimits; onlyFull: boolean },
): Promise<TakenBatch<Item>> {
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
      String(limits.maxSize),
      options.onlyFull ? "1" : "0",
      dueMember(project, plugin),
      String(keys.exportTtlSeconds),
    ],
  )) as [string | null, string];
  return {
    items: typeof text === "string" ? (JSON.parse(text) as Item[]) : null,
    full: Number(left) > limits.maxSize,
  };
}

/** The items of a batch that was taken and not acknowledged; null when it is gone. */
export async function readBatch<Item>(
  store: Store,
  project: string,
  plugin: string,
  batch: string,
): Promise<Item[] | null> {
  const text = await store.get<string>(keys.exportBatch(project, plugin, batch));
  return typeof text === "string" ? (JSON.parse(text) as Item[]) : null;
}

/** Forgets a batch: the app has done with it, or it has become a dead letter. */
export async function acknowledgeBatch(
  store: Store,
  project: string,
  plugin: string,
  batch: string,
): Promise<void> {
  await store.del(keys.exportBatch(project, plugin, batch));
}
