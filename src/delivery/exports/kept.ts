import { addCountsLua, hourOf } from "../../accounts/add.ts";
import { fields } from "../../accounts/counts.ts";
import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";
import { bufferName, dueMember, readMember } from "./buffer.ts";

/** The most buffers that are listed; those due first come first. */
const MAX_LISTED = 1000;

/** A buffer with something in it. */
export interface KeptBuffer {
  project: string;
  plugin: string;
  /** Which of those that the app made with `createBuffer`; null = the one of its `exportEvents`. */
  buffer: number | null;
  /** Events, or the objects of a `createBuffer`. */
  events: number;
  /** What is measured against the buffer's limit: characters of `exportEvents`, points of `createBuffer`. */
  size: number;
  /** ISO time at which it is to be flushed, or was to be; null when it waits for its app. */
  due: string | null;
}

/**
 * Buffers of these projects that hold something, also those of apps that are not there any more; at most a thousand that are
 * due first and as many that wait for their app, which `isAll` tells. Batches on their way to an app are none. Two requests: two
 * commands, and two for each buffer.
 */
export async function listBuffers(
  store: Store,
  projects: readonly string[],
): Promise<{ buffers: KeptBuffer[]; isAll: boolean }> {
  const [due, shelved] = await store
    .pipeline()
    .zrange(keys.exportsDue, 0, MAX_LISTED - 1, { withScores: true })
    .zrange(keys.exportsShelved, 0, MAX_LISTED - 1)
    .exec<[string[], string[]]>();
  const isAll = due.length < 2 * MAX_LISTED && shelved.length < MAX_LISTED;
  const found = [
    ...due.flatMap((member, index) =>
      index % 2 === 0 ? [{ ...readMember(member), dueMs: Number(due[index + 1]) }] : [],
    ),
    ...shelved.map((member) => Object.assign(readMember(member), { dueMs: null })),
  ].filter(({ project, batch }) => batch === null && projects.includes(project));
  if (found.length === 0) return { buffers: [], isAll };
  const pipeline = store.pipeline();
  for (const { project, name } of found) {
    pipeline.llen(keys.exportBuffer(project, name)).get(keys.exportSize(project, name));
  }
  const replies = await pipeline.exec<(number | string | null)[]>();
  const buffers = found.map(({ project, plugin, buffer, dueMs }, index) => {
    const [events, size] = [Number(replies[2 * index]), Number(replies[2 * index + 1] ?? 0)];
    const dueAt = dueMs === null ? null : new Date(dueMs).toISOString();
    return { project, plugin, buffer, events, size, due: dueAt };
  });
  return { buffers: buffers.filter(({ events }) => events > 0), isAll };
}

/**
 * What a person throws away counts as dead and as deleted. KEYS: buffer, size, due set, account, set of those that
 * wait for their app. ARGV: member, fields, life time.
 */
const discardScript = `#!lua flags=allow-key-locking
${addCountsLua}
local length = redis.call('LLEN', KEYS[1])
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[5], ARGV[1])
local counts = {}
if length > 0 then for _, field in ipairs(cjson.decode(ARGV[2])) do counts[field] = length end end
add_counts(KEYS[4], counts, ARGV[3])
return length`;

/** Deletes what a buffer holds, and counts it where it is events; resolves to how many there were. One request, 7 commands. */
export async function discardBuffer(
  store: Store,
  { project, plugin, buffer, nowMs }: Pick<KeptBuffer, "project" | "plugin" | "buffer"> & { nowMs: number },
): Promise<number> {
  const name = nameOf(plugin, buffer);
  const counted =
    buffer === null
      ? [fields.at("dead", "exportEvents", plugin), fields.at("deleted", "exportEvents", plugin)]
      : [];
  const deleted = await store.eval(
    discardScript,
    [
      keys.exportBuffer(project, name),
      keys.exportSize(project, name),
      keys.exportsDue,
      keys.account(project, hourOf(nowMs)),
      keys.exportsShelved,
    ],
    [dueMember(project, name), JSON.stringify(counted), String(keys.accountTtlSeconds)],
  );
  return Number(deleted);
}

function nameOf(plugin: string, buffer: number | null): string {
  return buffer === null ? plugin : bufferName(plugin, buffer);
}
