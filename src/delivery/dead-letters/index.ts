import { keys } from "../../keys.ts";
import type { Mask } from "../../logs/mask.ts";
import { inTurn, type Script } from "../../script.ts";
import type { Store } from "../../store.ts";
import { bookKeys, forgetLua, MAX_FORGOTTEN } from "./forget.ts";
import { type DeadLetter, summarise } from "./letter.ts";

/** What one request to Redis takes: Upstash refuses above 10 MB, and a character is up to 3 bytes. A single letter may be larger. */
const MAX_CHARACTERS_PER_REQUEST = 1_500_000;
const MAX_LETTERS_PER_REQUEST = 500;

/** Arguments of the script before those of the letters, and those of each letter. */
const FIRST_LETTER = 7;
const PER_LETTER = 4;

/**
 * KEYS: those of the book, then the letters. ARGV: life times of the account, of letters and of the lists in s, most letters
 * and most characters of a project, most forgotten at a time, and then for each letter: id, time, summary and the letter itself.
 * Returns the ids of old letters that had to make room.
 */
const addScript = `#!lua flags=allow-key-locking
${forgetLua}
local ids, scored, summarised, letters, characters = {}, {}, {}, {}, 0
for i = 6, #KEYS do
  local at = ${FIRST_LETTER} + (i - 6) * ${PER_LETTER}
  local id = ARGV[at]
  redis.call('SET', KEYS[i], ARGV[at + 3], 'EX', ARGV[2])
  ids[#ids + 1] = id
  scored[#scored + 1] = ARGV[at + 1]
  scored[#scored + 1] = id
  summarised[#summarised + 1] = id
  summarised[#summarised + 1] = ARGV[at + 2]
end
forget(ids, '', ARGV[1])
for i = 2, #summarised, 2 do
  letters[#letters + 1] = cjson.decode(summarised[i])
  characters = characters + letters[#letters].characters
end
redis.call('ZADD', KEYS[1], unpack(scored))
redis.call('HSET', KEYS[2], unpack(summarised))
local total = redis.call('INCRBY', KEYS[3], string.format('%d', characters))
count_letters(letters, 1)
for _, i in ipairs({1, 2, 3, 5}) do redis.call('EXPIRE', KEYS[i], ARGV[3]) end

local surplus = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[4])
local excess = total - tonumber(ARGV[5])
if surplus <= 0 and excess <= 0 then return {} end
local oldest = redis.call('ZRANGE', KEYS[1], 0, tonumber(ARGV[6]) - 1)
local lengths = redis.call('HMGET', KEYS[2], unpack(oldest))
local leaving = {}
for i, id in ipairs(oldest) do
  if surplus <= 0 and excess <= 0 then break end
  leaving[#leaving + 1] = id
  surplus = surplus - 1
  excess = excess - (lengths[i] and cjson.decode(lengths[i]).characters or 0)
end
return forget(leaving, 'expired', ARGV[1])`;

export interface DeadLetters {
  /**
   * Keeps dead letters of one project, idempotent by id: a request with 12 commands and one for each letter, for every
   * 500 of them or 1.5 million characters; one more where old ones make room. `along` says that what they are about is done
   * with, in one with the last of them: it does not when they are not kept. Rejects when Redis did not take them.
   */
  add(letters: readonly DeadLetter[], along: Script): Promise<void>;
}

/**
 * Dead letters live in Redis and not in QStash's own queue of failures: there they would be gone after 3 days on the Free
 * plan, hold whole messages instead of the failed part, and not be found by app. Their errors are rid of secrets by `mask`.
 * `onFault` hears of old letters that made room.
 */
export function createDeadLetters(options: {
  store: Store;
  mask: Mask;
  now: () => Date;
  onFault: (message: string) => void;
}): DeadLetters {
  const { store, mask } = options;

  async function addSome(project: string, letters: readonly StoredLetter[], along?: Script): Promise<void> {
    const adding: Script = [
      addScript,
      [
        ...bookKeys(project, options.now().getTime()),
        ...letters.map(({ letter }) => keys.deadLetter(letter.id)),
      ],
      [
        keys.accountTtlSeconds,
        keys.deadLetterTtlSeconds,
        keys.deadLetterListsTtlSeconds,
        keys.deadLettersKept,
        keys.deadLetterCharactersKept,
        MAX_FORGOTTEN,
        ...letters.flatMap(({ letter, json }) => [
          letter.id,
          Date.parse(letter.lastAt),
          JSON.stringify(summarise(letter, json.length)),
          json,
        ]),
      ].map(String),
    ];
    const gone = (await store.eval(...(along ? inTurn(adding, along) : adding))) as string[];
    if (gone.length === 0) return;
    options.onFault(`${gone.length} old dead letters of project ${project} made room for newer ones`);
    // They are off the lists; what this leaves behind, Redis drops in its time.
    await store.unlink(...gone.map(keys.deadLetter)).catch(() => {});
  }

  return {
    async add(letters, along) {
      const [first] = letters;
      if (!first) return;
      let some: StoredLetter[] = [];
      let characters = 0;
      for (const each of letters) {
        const letter = { ...each, error: mask(each.error) };
        const json = JSON.stringify(letter);
        const isFull = some.length === MAX_LETTERS_PER_REQUEST;
        if (isFull || (some.length > 0 && characters + json.length > MAX_CHARACTERS_PER_REQUEST)) {
          await addSome(first.project, some);
          [some, characters] = [[], 0];
        }
        some.push({ letter, json });
        characters += json.length;
      }
      await addSome(first.project, some, along);
    },
  };
}

interface StoredLetter {
  letter: DeadLetter;
  json: string;
}
