import { keys } from "../keys.ts";
import type { Mask } from "../logs/mask.ts";
import type { Store } from "../store.ts";

/** Events that a destination will not get by itself any more, kept for a person (decisions 16). */
export interface DeadLetter {
  id: string;
  project: string;
  /** The app's folder; absent for PostHog. */
  plugin?: string;
  hook: string;
  error: string;
  attempts: number;
  /** ISO times of the first and the last execution. */
  firstAt: string;
  lastAt: string;
  /** As the destination would have got them. */
  events: readonly unknown[];
  /** Which of the app's buffers these were to be flushed from: `hook` is `onFlush` then. */
  buffer?: number;
  /** What a job had been given. */
  payload?: unknown;
}

export interface DeadLetters {
  /**
   * Keeps dead letters of one project: 3 commands and one more for each in one request, idempotent by id.
   * Rejects when Redis did not take them.
   */
  add(letters: readonly DeadLetter[]): Promise<void>;
}

/**
 * Dead letters live in Redis and not in QStash's own queue of failures: there they would be gone after 3 days on the Free
 * plan, hold whole messages instead of the failed part, and not be found by app. Their errors are rid of secrets by `mask`.
 */
export function createDeadLetters(store: Store, mask: Mask): DeadLetters {
  return {
    async add(letters) {
      const [letter] = letters;
      const [first, ...others] = letters.map(({ id, lastAt }) => ({ score: Date.parse(lastAt), member: id }));
      if (!letter || !first) return;
      const index = keys.deadLetters(letter.project);
      const transaction = store.multi();
      for (const each of letters) {
        const masked = { ...each, error: mask(each.error) };
        transaction.set(keys.deadLetter(each.id), JSON.stringify(masked), { ex: keys.deadLetterTtlSeconds });
      }
      await transaction
        .zadd(index, first, ...others)
        .zremrangebyrank(index, 0, -keys.deadLettersKept - 1)
        .expire(index, keys.deadLetterTtlSeconds)
        .exec();
    },
  };
}
