import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";
import { dueMember, type Overdue } from "./buffer.ts";

/** What belongs to an app that does not run is looked at this often. */
export const SHELF_LOOK_MS = 600_000;

/** What nothing was added to for so long becomes dead letters: in as many days again Redis would drop it. */
const DAYS_TO_DEAD_LETTERS = 7;
const SHELF_LIFE_SECONDS = keys.exportTtlSeconds - DAYS_TO_DEAD_LETTERS * 24 * 60 * 60;

/** The error of dead letters made of such a buffer. */
export const SHELVED_TOO_LONG = `the app has been disabled, or not deployed, for ${DAYS_TO_DEAD_LETTERS} days`;

/** A buffer as the sweep knows it, or a batch of one. */
type Shelved = Pick<Overdue, "project" | "name" | "batch">;

/** Where its content is. */
export function contentKey({ project, name, batch }: Shelved): string {
  return batch === null ? keys.exportBuffer(project, name) : keys.exportBatch(project, name, batch);
}

/** Whether content that Redis keeps for so many seconds more is to become dead letters. */
export function isOverdueForDeadLetters(ttlSeconds: number): boolean {
  return ttlSeconds < SHELF_LIFE_SECONDS;
}

/**
 * Puts the buffer of an app that does not run away, where it does not stand in the way of others until the app runs again.
 * Resolves to false for one that has been there for too long: that must become dead letters. Two Redis requests.
 */
export async function shelveBuffer(
  store: Store,
  project: string,
  name: string,
  nowMs: number,
): Promise<boolean> {
  const buffer = { project, name, batch: null };
  const ttlSeconds = await store.ttl(contentKey(buffer));
  if (ttlSeconds >= 0 && isOverdueForDeadLetters(ttlSeconds)) return false;
  const member = dueMember(project, name);
  await store
    .multi()
    .zrem(keys.exportsDue, member)
    .zadd(keys.exportsShelved, { score: nowMs + SHELF_LOOK_MS, member })
    .expire(keys.exportsShelved, keys.exportTtlSeconds)
    .exec();
  return true;
}
