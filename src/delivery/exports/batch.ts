import { addCountsLua, hourOf } from "../../accounts/add.ts";
import type { Counts } from "../../accounts/counts.ts";
import { keys } from "../../keys.ts";
import type { Script } from "../../script.ts";
import type { Store, StorePipeline } from "../../store.ts";
import type { Route } from "../message.ts";
import { type BufferLimits, dueMember } from "./buffer.ts";

/**
 * A batch whose message is overdue for this long is stranded. Executing it takes half a minute, and a flush that was cut off
 * comes again after 12 s and 2.5 min; QStash's next offer would be half an hour later.
 */
const STRANDED_AFTER_MS = 300_000;

/**
 * Moves the items that fit into one batch from the buffer to a key of the batch's own, where they stay until the batch
 * is acknowledged. A batch of that name which is there already is returned again: the flush that took it was cut off.
 * How many batches were taken in the name of a message stands in its progress, so that it finds those that are left when it
 * comes again, and gives no name twice: dead letters and retries are named by it.
 * The first item is taken whatever its size, since it cannot be split. KEYS: buffer, size, batch, due set,
 * set of taken batches, and the message's progress if it may come again. ARGV: largest size, whether a buffer that is not
 * full stays, member of the due set, life time in seconds, member of the set of taken batches, when it counts as stranded
 * (ms), the batch's number in the message, life time of progress in s. Returns the batch, what is left, and the batches
 * taken in the message's name so far.
 */
const takeScript = `#!lua flags=allow-key-locking
local held = redis.call('GET', KEYS[3])
local size = tonumber(redis.call('GET', KEYS[2]) or '0')
local limit = tonumber(ARGV[1])
local number = tonumber(ARGV[7])
local text = KEYS[6] and redis.call('GET', KEYS[6])
local progress = text == 'done' and {done = true} or text and cjson.decode(text) or {steps = {}}
local taken_before = progress.taken or 0
if held then return {held, tostring(size), taken_before} end
if progress.done or number < taken_before or ARGV[2] == '1' and size <= limit then
  return {false, tostring(size), taken_before}
end
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
  return {false, '0', taken_before}
end
local content = '[' .. table.concat(batch, ',') .. ']'
redis.call('SET', KEYS[3], content, 'EX', ARGV[4])
redis.call('ZADD', KEYS[5], ARGV[6], ARGV[5])
redis.call('EXPIRE', KEYS[5], ARGV[4])
redis.call('LTRIM', KEYS[1], #batch, -1)
local left = redis.call('INCRBYFLOAT', KEYS[2], tostring(-taken))
if redis.call('LLEN', KEYS[1]) == 0 then
  redis.call('ZREM', KEYS[4], ARGV[3])
  redis.call('DEL', KEYS[2])
  left = '0'
end
if KEYS[6] then
  progress.taken = number + 1
  redis.call('SET', KEYS[6], cjson.encode(progress), 'EX', ARGV[8])
end
return {content, left, number + 1}`;

/** A batch on its way to the app. */
export interface TakenBatch<Item> {
  /** Null when there was nothing to take. */
  items: Item[] | null;
  /** Whether what is left still fills a batch. */
  full: boolean;
  /** How many batches were taken in the name of the same message so far. */
  reached: number;
}

/** A batch of a buffer; `plugin` names the buffer, as in `appendToBuffer`. */
export interface BatchName {
  project: string;
  plugin: string;
  batch: string;
}

/** A batch's name in the set of taken batches. */
const takenMember = ({ project, plugin, batch }: BatchName) => dueMember(project, plugin, batch);

/** What is taken, and in whose name. */
export interface Taking {
  project: string;
  plugin: string;
  /** The message that takes it, or the work; `route` is null for work that does not come again under this id. */
  by: { route: Route | null; id: string };
  limits: BufferLimits;
  /** A buffer within its limit stays. */
  onlyFull: boolean;
}

/** The name of a message's batch of a number, from 0. */
export function batchId({ id }: Taking["by"], number: number): string {
  return `${id}:${number}`;
}

/**
 * Takes a message's batch of a number: the one it took before, or else the next one of the buffer. None when it has done with
 * the one of that number. The same call twice takes one batch. One request, about fourteen commands.
 */
export async function takeBatch<Item>(
  store: Store,
  options: Taking & { number: number; nowMs: number },
): Promise<TakenBatch<Item>> {
  const { project, plugin, by, number, limits } = options;
  const batch = batchId(by, number);
  const [text, left, reached] = (await store.eval(
    takeScript,
    [
      keys.exportBuffer(project, plugin),
      keys.exportSize(project, plugin),
      keys.exportBatch(project, plugin, batch),
      keys.exportsDue,
      keys.exportsTaken,
      ...(by.route ? [keys.progress(by.route, by.id)] : []),
    ],
    [
      String(limits.maxSize),
      options.onlyFull ? "1" : "0",
      dueMember(project, plugin),
      String(keys.exportTtlSeconds),
      takenMember({ project, plugin, batch }),
      String(options.nowMs + STRANDED_AFTER_MS),
      String(number),
      String(keys.progressTtlSeconds),
    ],
  )) as [string | null, string, number];
  return {
    items: typeof text === "string" ? (JSON.parse(text) as Item[]) : null,
    full: Number(left) > limits.maxSize,
    reached: Number(reached),
  };
}

/** The items of a batch that was taken and not acknowledged; null when it is gone. */
export async function readBatch<Item>(
  store: Store,
  { project, plugin, batch }: BatchName,
): Promise<Item[] | null> {
  const text = await store.get<string>(keys.exportBatch(project, plugin, batch));
  return typeof text === "string" ? (JSON.parse(text) as Item[]) : null;
}

/** Puts a batch back that had become a dead letter, items as JSON: 3 commands of a transaction. */
export function restoreBatch(
  transaction: StorePipeline,
  name: BatchName,
  items: readonly string[],
  nowMs: number,
): void {
  const { project, plugin, batch } = name;
  transaction
    .set(keys.exportBatch(project, plugin, batch), `[${items.join(",")}]`, { ex: keys.exportTtlSeconds })
    .zadd(keys.exportsTaken, { score: nowMs + STRANDED_AFTER_MS, member: takenMember(name) })
    .expire(keys.exportsTaken, keys.exportTtlSeconds);
}

/** Says that a batch has still a message on its way, due at `dueMs`: it is not stranded yet. One command. */
export async function expectBatch(store: Store, name: BatchName, dueMs: number): Promise<void> {
  const entry = { score: dueMs + STRANDED_AFTER_MS, member: takenMember(name) };
  await store.zadd(keys.exportsTaken, { xx: true }, entry);
}

/** A batch is acknowledged once: whoever comes second finds it gone and counts nothing. */
const acknowledgeScript = `#!lua flags=allow-key-locking
${addCountsLua}
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('DEL', KEYS[1]) == 1 then add_counts(KEYS[3], cjson.decode(ARGV[2]), ARGV[3]) end
return 1`;

/** Forgets a batch, and counts what became of it: the app has done with it, or it is a dead letter. 6 commands. */
export function acknowledgement(name: BatchName & { counts: Counts; nowMs: number }): Script {
  const { project, plugin, batch } = name;
  return [
    acknowledgeScript,
    [keys.exportBatch(project, plugin, batch), keys.exportsTaken, keys.account(project, hourOf(name.nowMs))],
    [takenMember(name), JSON.stringify(name.counts), String(keys.accountTtlSeconds)],
  ];
}
