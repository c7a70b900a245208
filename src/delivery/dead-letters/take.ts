import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";
import { type BatchName, restoreBatch } from "../exports/batch.ts";
import { bookKeys, forgetLua } from "./forget.ts";
import type { DeadLetter } from "./letter.ts";

/**
 * KEYS: those of the book, the letter, and where it is kept for the one who took it. ARGV: life times of the account and of
 * what was taken in s, the letter's id.
 */
const takeScript = `#!lua flags=allow-key-locking
${forgetLua}
local held = redis.call('GET', KEYS[7])
if held then return held end
local text = redis.call('GET', KEYS[6])
forget({ARGV[3]}, text and '' or 'expired', ARGV[1])
if not text then return false end
redis.call('RENAME', KEYS[6], KEYS[7])
redis.call('EXPIRE', KEYS[7], ARGV[2])
return text`;

/** A letter in the hands of a message. */
export interface TakenLetter extends DeadLetter {
  /** It was a batch, which is back in its place in Redis and no longer in `events`: how many were in it. */
  restored?: number;
}

/**
 * Takes a letter off the lists, for good, in the name of the message `by` that goes on with it: that message, and no other, gets
 * it again however often it comes. Null when it is not there any more: deleted, expired, or taken by another. One request, 9
 * commands.
 */
export async function takeLetter(
  store: Store,
  options: { project: string; id: string; by: string; nowMs: number },
): Promise<TakenLetter | null> {
  const { project, id, by } = options;
  const text = await store.eval(
    takeScript,
    [...bookKeys(project, options.nowMs), keys.deadLetter(id), keys.takenLetter(by)],
    [String(keys.accountTtlSeconds), String(keys.takenLetterTtlSeconds), id],
  );
  return typeof text === "string" ? (JSON.parse(text) as TakenLetter) : null;
}

/**
 * Gives a batch its place in Redis back, items as JSON, where the hooks of batches work on it under the name of the message
 * that took it: once, since what has become of it there counts. One request, 4 commands.
 */
export async function restoreTaken(
  store: Store,
  letter: DeadLetter,
  batch: BatchName,
  items: readonly string[],
  nowMs: number,
): Promise<void> {
  const taken: TakenLetter = { ...letter, events: [], restored: letter.events.length };
  const transaction = store.multi();
  restoreBatch(transaction, batch, items, nowMs);
  await transaction
    .set(keys.takenLetter(batch.batch), JSON.stringify(taken), { ex: keys.takenLetterTtlSeconds })
    .exec();
}
