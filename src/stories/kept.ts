import { keys } from "../keys.ts";
import type { Store } from "../store.ts";
import type { Attempt, Story } from "./story.ts";

/** What one request to Redis takes: Upstash's smallest plan refuses above 1 MB. The rest of a sample is left out. */
const MAX_CHARACTERS_PER_REQUEST = 700_000;
/** An event's attempts in Redis; later ones are not kept. */
const MAX_ATTEMPTS_CHARACTERS = 20_000;

/**
 * A delivery may be through before its event's story is written, so either may come first. KEYS: ids by arrival, stories,
 * attempts. ARGV: life time in s, how many are kept, oldest arrival kept (ms), and then for each item: what it is, id, arrival
 * (ms), JSON.
 */
const keepScript = `#!lua flags=allow-key-locking
for i = 4, #ARGV, 4 do
  local id, text = ARGV[i + 1], ARGV[i + 3]
  if ARGV[i] == 'story' then
    redis.call('ZADD', KEYS[1], ARGV[i + 2], id)
    redis.call('HSET', KEYS[2], id, text)
  else
    redis.call('ZADD', KEYS[1], 'NX', ARGV[i + 2], id)
    local before = redis.call('HGET', KEYS[3], id)
    if before then text = before .. ',' .. text end
    if #text <= ${MAX_ATTEMPTS_CHARACTERS} then redis.call('HSET', KEYS[3], id, text) end
  end
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

/**
 * Keeps what is known of a project's sampled events, and drops the oldest. One request: 5 commands, 2 for each story, 3 for
 * each attempt, and 3 or 4 where something is dropped. Rejects when Redis does.
 */
export async function keepStories(
  store: Store,
  project: string,
  items: readonly Kept[],
  nowMs: number,
): Promise<void> {
  const argumentsOf: string[] = [];
  let characters = 0;
  for (const item of items) {
    const text = JSON.stringify("story" in item ? item.story : item.attempt);
    characters += text.length;
    if (characters > MAX_CHARACTERS_PER_REQUEST) break;
    argumentsOf.push("story" in item ? "story" : "attempt", item.id, String(item.atMs), text);
  }
  if (argumentsOf.length === 0) return;
  const oldestMs = nowMs - keys.storiesTtlSeconds * 1000;
  await store.eval(
    keepScript,
    [keys.storyIds(project), keys.stories(project), keys.storyAttempts(project)],
    [String(keys.storiesTtlSeconds), String(keys.storiesKept), String(oldestMs), ...argumentsOf],
  );
}
