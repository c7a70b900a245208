import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";
import type { Route } from "../message.ts";

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
 * A message appends to a buffer once, however often its delivery is begun, or Redis' answer is lost: that it did, and what
 * came of it, stands in its progress, also when it is done. KEYS: buffer, size, due set, and the progress if it is asked.
 * ARGV: name of the buffer, life time of progress and of the buffer in s, size, due time in ms, member of the due set, then the
 * items.
 */
const appendScript = `#!lua flags=allow-key-locking
local text = KEYS[4] and redis.call('GET', KEYS[4])
local progress = text == 'done' and {done = true, steps = {}} or text and cjson.decode(text) or {steps = {}}
progress.appended = progress.appended or {}
local before = progress.appended[ARGV[1]]
if before then return before end

for from = 7, #ARGV, 1000 do redis.call('RPUSH', KEYS[1], unpack(ARGV, from, math.min(from + 999, #ARGV))) end
local size = redis.call('INCRBYFLOAT', KEYS[2], ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])
local first = redis.call('ZADD', KEYS[3], 'NX', ARGV[5], ARGV[6])
if first == 1 then redis.call('EXPIRE', KEYS[3], ARGV[3]) end
if KEYS[4] then
  progress.appended[ARGV[1]] = {size, first}
  redis.call('SET', KEYS[4], cjson.encode(progress), 'EX', ARGV[2])
end
return {size, first}`;

/**
 * Adds items to a buffer, all or none: 6 or 7 commands in one request, and 2 more to do it once for a message. Here and below
 * `plugin` is the app's folder for what waits for its `exportEvents`, and `bufferName` of one that it has made itself.
 */
export async function appendToBuffer(
  store: Store,
  options: {
    project: string;
    plugin: string;
    /** The message in whose name this happens once, as long as that is remembered. */
    from?: { route: Route; id: string; rememberedSeconds?: number };
    items: readonly BufferItem[];
    limits: BufferLimits;
    nowMs: number;
  },
): Promise<Appended> {
  const { project, plugin, from, items, limits } = options;
  const added = items.reduce((sum, { size }) => sum + size, 0);
  const [size, first] = (await store.eval(
    appendScript,
    [
      keys.exportBuffer(project, plugin),
      keys.exportSize(project, plugin),
      keys.exportsDue,
      ...(from ? [keys.progress(from.route, from.id)] : []),
    ],
    [
      plugin,
      ...[from?.rememberedSeconds ?? keys.progressTtlSeconds, keys.exportTtlSeconds, added].map(String),
      String(options.nowMs + limits.maxSeconds * 1000),
      dueMember(project, plugin),
      ...items.map((item) => `${item.size}:${item.json}`),
    ],
  )) as [string, number];
  return { full: Number(size) > limits.maxSize, first: Number(first) === 1 };
}

/** The name of a buffer that an app has made with `createBuffer`; a folder's name has no slash in it. */
export function bufferName(plugin: string, number: number): string {
  return `${plugin}/${number}`;
}

/** A buffer's name in the sets of buffers by time; that of one of its batches, when that has been left behind. */
export function dueMember(project: string, plugin: string, batch?: string): string {
  const parts = batch === undefined ? [project, plugin] : [project, plugin, batch];
  // Under PROJECT_TOKENS=* a token is what a client says.
  return parts.map((part) => part.replace(/[ %]/g, encodeURIComponent)).join(" ");
}

/** A buffer, or a batch of one, that should have been flushed. */
export interface Overdue {
  project: string;
  /** As `appendToBuffer` has it: the app's folder, or the name of a buffer that it has made itself. */
  name: string;
  plugin: string;
  /** Which of the buffers that the app has made itself; null = the one of its `exportEvents`. */
  buffer: number | null;
  batch: string | null;
}

/** Reads what `dueMember` has written. */
export function readMember(member: string): Overdue {
  const parts = member.split(" ").map((part) => part.replace(/%(20|25)/g, decodeURIComponent));
  const [project = "", name = "", batch = null] = parts;
  const [plugin = "", buffer = null] = name.split("/");
  return { project, name, plugin, buffer: buffer === null ? null : Number(buffer), batch };
}
