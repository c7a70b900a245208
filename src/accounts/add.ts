import { keys } from "../keys.ts";
import type { Store } from "../store.ts";
import type { Counts } from "./counts.ts";

/**
 * Lua, for scripts that count along with what they do: `add_counts(key, counts, ttl)` adds a table of numbers by field to an
 * hour's account. Three commands for any number of fields.
 */
export const addCountsLua = `
local function add_counts(key, counts, ttl)
  local names = {}
  for field in pairs(counts) do names[#names + 1] = field end
  if #names == 0 then return end
  local before = redis.call('HMGET', key, unpack(names))
  local pairs_ = {}
  for i, field in ipairs(names) do
    pairs_[#pairs_ + 1] = field
    pairs_[#pairs_ + 1] = string.format('%d', (tonumber(before[i]) or 0) + counts[field])
  end
  redis.call('HSET', key, unpack(pairs_))
  redis.call('EXPIRE', key, ttl)
end`;

const addScript = `#!lua flags=allow-key-locking
${addCountsLua}
add_counts(KEYS[1], cjson.decode(ARGV[1]), ARGV[2])
return 1`;

/** Adds counts to a project's account of the hour. One request, 4 commands. Called twice, it counts twice. */
export async function addCounts(store: Store, project: string, atMs: number, counts: Counts): Promise<void> {
  await store.eval(
    addScript,
    [keys.account(project, hourOf(atMs))],
    [JSON.stringify(counts), String(keys.accountTtlSeconds)],
  );
}

/** The hour of a time, as accounts are named by it: `2036-03-01T10`, UTC. */
export function hourOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 13);
}
