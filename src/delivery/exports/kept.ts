import { addCountsLua, hourOf } from "../../accounts/add.ts";
import { fields } from "../../accounts/counts.ts";
import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";
import { bufferName, dueMember, readMember } from "./buffer.ts";

/** Most buffers that are listed, those due first. */
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
  /** ISO time at which it is to be flushed, or was to be. */
  due: string;
}

/**
 * Buffers of these projects that hold something, those due first, also those of apps that are not there any more; at most a
 * thousand, which `isAll` tells. Batches on their way to an app are none. Two requests: a command, and two for each buffer.
 */
export async function listBuffers(
  store: Store,
  projects: readonly string[],
): Promise<{ buffers: KeptBuffer[]; isAll: boolean }> {
  const flat = await store.zrange<string[]>(keys.exportsDue, 0, MAX_LISTED - 1, { withScores: true });
  const found = [];
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const member = readMember(flat[index] ?? "");
    if (member.batch !== null || !projects.includes(member.project)) continue;
    found.push({ ...member, dueMs: Number(flat[index + 1]) });
  }
  const isAll = flat.length < 2 * MAX_LISTED;
  if (found.length === 0) return { buffers: [], isAll };
  const pipeline = store.pipeline();
  for (const { project, plugin, buffer } of found) {
    const name = nameOf(plugin, buffer);
    pipeline.llen(keys.exportBuffer(project, name)).get(keys.exportSize(project, name));
  }
  const replies = await pipeline.exec<(number | string | null)[]>();
  const buffers = found.map(({ project, plugin, buffer, dueMs }, index) => {
    const [events, size] = [Number(replies[2 * index]), Number(replies[2 * index + 1] ?? 0)];
    return { project, plugin, buffer, events, size, due: new Date(dueMs).toISOString() };
  });
  return { buffers: buffers.filter(({ events }) => events > 0), isAll };
}

/** What a person throws away is dead, and deleted at once. KEYS: buffer, size, due set, account. ARGV: member, fields, life time. */
const discardScript = `#!lua flags=allow-key-locking
${addCountsLua}
local length = redis.call('LLEN', KEYS[1])
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[1])
local counts = {}
if length > 0 then for _, field in ipairs(cjson.decode(ARGV[2])) do counts[field] = length end end
add_counts(KEYS[4], counts, ARGV[3])
return length`;

/** Deletes what a buffer holds, and counts it where it is events; resolves to how many there were. One request, 6 commands. */
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
    ],
    [dueMember(project, name), JSON.stringify(counted), String(keys.accountTtlSeconds)],
  );
  return Number(deleted);
}

function nameOf(plugin: string, buffer: number | null): string {
  return buffer === null ? plugin : bufferName(plugin, buffer);
}
