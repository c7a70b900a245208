import { addCountsLua, hourOf } from "../../accounts/add.ts";
import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";

/** Letters that one script forgets: as many arguments as Lua passes on at once, and some. */
export const MAX_FORGOTTEN = 500;

/**
 * Lua, for scripts whose first keys are `bookKeys`: `count_letters(summaries, sign)` counts them by destination, as added (1) or
 * gone (-1). `forget(ids, outcome, ttl)` takes letters off the lists, counts their events under `outcome` unless that is empty,
 * and returns the ids of those that were there. What `onFlush` failed with is no event, and has no outcome.
 */
export const forgetLua = `
${addCountsLua}
local function destination_of(letter)
  return letter.hook .. (letter.plugin and ' ' .. letter.plugin or '')
end
local function count_letters(summaries, sign)
  local letters, events = {}, {}
  for _, letter in ipairs(summaries) do
    local place = destination_of(letter)
    letters[place] = (letters[place] or 0) + sign
    events[place] = (events[place] or 0) + sign * letter.events
  end
  for place, number in pairs(letters) do
    local left = redis.call('HINCRBY', KEYS[5], 'letters ' .. place, string.format('%d', number))
    if left <= 0 then redis.call('HDEL', KEYS[5], 'letters ' .. place, 'events ' .. place)
    else redis.call('HINCRBY', KEYS[5], 'events ' .. place, string.format('%d', events[place])) end
  end
end
local function forget(ids, outcome, ttl)
  local gone, letters, counts, characters = {}, {}, {}, 0
  if #ids == 0 then return gone end
  local found = redis.call('HMGET', KEYS[2], unpack(ids))
  for i = 1, #ids do
    if found[i] then
      local letter = cjson.decode(found[i])
      gone[#gone + 1] = ids[i]
      letters[#letters + 1] = letter
      characters = characters + letter.characters
      if outcome ~= '' and letter.hook ~= 'onFlush' then
        local field = outcome .. ' ' .. destination_of(letter)
        counts[field] = (counts[field] or 0) + math.max(1, letter.events)
      end
    end
  end
  if #gone == 0 then return gone end
  redis.call('ZREM', KEYS[1], unpack(gone))
  redis.call('HDEL', KEYS[2], unpack(gone))
  if redis.call('DECRBY', KEYS[3], string.format('%d', characters)) <= 0 then redis.call('DEL', KEYS[3]) end
  count_letters(letters, -1)
  add_counts(KEYS[4], counts, ttl)
  return gone
end`;

/** The keys of a project's lists, and of the account that counts what becomes of letters. */
export function bookKeys(project: string, nowMs: number): string[] {
  return [
    keys.deadLetters(project),
    keys.deadLetterSummaries(project),
    keys.deadLetterCharacters(project),
    keys.account(project, hourOf(nowMs)),
    keys.deadLetterCounts(project),
  ];
}

const deleteScript = `#!lua flags=allow-key-locking
${forgetLua}
local ids = {}
for i = 2, #ARGV do ids[#ids + 1] = ARGV[i] end
local gone = forget(ids, 'deleted', ARGV[1])
redis.call('DEL', unpack(KEYS, 6))
return #gone`;

/** Deletes letters of a project, at most `MAX_FORGOTTEN`, each counted once; resolves to how many there were. One request, 11 commands, 2 more for each further destination. */
export async function deleteLetters(
  store: Store,
  project: string,
  ids: readonly string[],
  nowMs: number,
): Promise<number> {
  if (ids.length === 0) return 0;
  const deleted = await store.eval(
    deleteScript,
    [...bookKeys(project, nowMs), ...ids.map(keys.deadLetter)],
    [String(keys.accountTtlSeconds), ...ids],
  );
  return Number(deleted);
}

const expireScript = `#!lua flags=allow-key-locking
${forgetLua}
local old = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
return #forget(old, 'expired', ARGV[1])`;

/**
 * Takes letters off the lists whose time is over, and counts them; Redis has dropped what was in them by itself. One request and
 * one command, 8 more where there are any, for each 500. Resolves to how many there were.
 */
export async function expireLetters(store: Store, project: string, nowMs: number): Promise<number> {
  const endMs = nowMs - keys.deadLetterTtlSeconds * 1000;
  const args = [keys.accountTtlSeconds, endMs, MAX_FORGOTTEN].map(String);
  let expired = 0;
  for (let round = 0; round * MAX_FORGOTTEN <= keys.deadLettersKept; round += 1) {
    const found = Number(await store.eval(expireScript, bookKeys(project, nowMs), args));
    expired += found;
    if (found < MAX_FORGOTTEN) break;
  }
  return expired;
}
