import { keys } from "../keys.ts";
import type { Store } from "../store.ts";
import type { Attempt, Story } from "./story.ts";

/** An event's attempts in Redis; later ones are not kept. */
const MAX_ATTEMPTS_CHARACTERS = 20_000;

/**
 * A delivery may be through before its event's story is written, so either may come first. KEYS: ids by arrival, stories,
 * attempts. ARGV: life time in s, how many are kept, oldest arrival kept (ms), how many stories follow, then id, arrival (ms)
 * and JSON of each, then the same for the attempts of each event. One command for all of a kind, since commands are billed.
 */
const keepScript = `#!lua flags=allow-key-locking
local function read(from, to)
  local ids, places, pairs_ = {}, {}, {}
  for i = from, to, 3 do
    local n = #ids + 1
    ids[n] = ARGV[i]
    places[2 * n - 1], places[2 * n] = ARGV[i + 1], ARGV[i]
    pairs_[2 * n - 1], pairs_[2 * n] = ARGV[i], ARGV[i + 2]
  end
  return ids, places, pairs_
end

local last_story = 4 + 3 * tonumber(ARGV[4])
local ids, places, told = read(5, last_story)
if #ids > 0 then
  redis.call('ZADD', KEYS[1], unpack(places))
  redis.call('HSET', KEYS[2], unpack(told))
end
local tried, arrivals, noted = read(last_story + 1, #ARGV)
if #tried > 0 then
  redis.call('ZADD', KEYS[1], 'NX', unpack(arrivals))
  local before = redis.call('HMGET', KEYS[3], unpack(tried))
  for i, text in ipairs(before) do
    local all = text and text .. ',' .. noted[2 * i] or noted[2 * i]
    noted[2 * i] = text and #all > ${MAX_ATTEMPTS_CHARACTERS} and text or all
  end
  redis.call('HSET', KEYS[3], unpack(noted))
end

local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[3])
local left = redis.call('ZCARD', KEYS[1]) - #gone
local surplus = left - tonumber(ARGV[2])
if surplus > 0 then gone = redis.call('ZRANGE', KEYS[1], 0, #gone + surplus - 1) end
if #gone > 0 then
  redis.call('ZREM', KEYS[1], unpack(gone))
  redis.call('HDEL', KEYS[2], unpack(gone))
  redis.call('HDEL', KEYS[3], unpack(gone))
end
for i = 1, 3 do redis.call('EXPIRE', KEYS[i], ARGV[1]) end
return 1`;

/** Something to keep about an event that arrived at `atMs`. */
export type Kept = { id: string; atMs: number } & ({ story: Story } | { attempt: Attempt });

/** The same as it is written. */
export interface Written {
  kind: "story" | "attempt";
  id: string;
  atMs: number;
  json: string;
}

export function writtenOf(kept: Kept): Written {
  const { id, atMs } = kept;
  return "story" in kept
    ? { kind: "story", id, atMs, json: JSON.stringify(kept.story) }
    : { kind: "attempt", id, atMs, json: JSON.stringify(kept.attempt) };
}

/**
 * Keeps what is known of a project's sampled events, and drops the oldest: one request of at most 15 commands, for a thousand
 * items or one. Rejects when Redis does.
 */
export async function keepStories(
  store: Store,
  project: string,
  items: readonly Written[],
  nowMs: number,
): Promise<void> {
  const stories = items.filter(({ kind }) => kind === "story");
  const attempts = new Map<string, Written>();
  for (const item of items) {
    if (item.kind === "story") continue;
    const before = attempts.get(item.id);
    attempts.set(item.id, before ? { ...item, json: `${before.json},${item.json}` } : item);
  }
  const oldestMs = nowMs - keys.storiesTtlSeconds * 1000;
  await store.eval(
    keepScript,
    [keys.storyIds(project), keys.stories(project), keys.storyAttempts(project)],
    [
      ...[keys.storiesTtlSeconds, keys.storiesKept, oldestMs, stories.length].map(String),
      ...[...stories, ...attempts.values()].flatMap(({ id, atMs, json }) => [id, String(atMs), json]),
    ],
  );
}
