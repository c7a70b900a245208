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
  /** Keeps a dead letter: 4 commands in one request, idempotent by id. Rejects when Redis did not take it. */
  add(letter: DeadLetter): Promise<void>;
}

/**
 * Dead letters live in Redis and not in QStash's own queue of failures: there they would be gone after 3 days on the Free
 * plan, hold whole messages instead of the failed part, and not be found by app. Their errors are rid of secrets by `mask`.
 */
export function createDeadLetters(store: Store, mask: Mask): DeadLetters {
  return {
    async add(letter) {
      const index = keys.deadLetters(letter.project);
      const masked = { ...letter, error: mask(letter.error) };
      await store
        .multi()
        .set(keys.deadLetter(letter.id), JSON.stringify(masked), { ex: keys.deadLetterTtlSeconds })
        .zadd(index, { score: Date.parse(letter.lastAt), member: letter.id })
        .zremrangebyrank(index, 0, -keys.deadLettersKept - 1)
        .expire(index, keys.deadLetterTtlSeconds)
        .exec();
    },
  };
}
