import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";

/** The dead letters of one destination. */
export interface LetterCount {
  project: string;
  /** The app's folder; absent for PostHog. */
  plugin?: string;
  hook: string;
  letters: number;
  /** In these letters; those of jobs have none. */
  events: number;
}

/**
 * Counts the dead letters of a project by destination, all that there are: the scripts that add and forget letters keep count.
 * One command. Rejects when Redis does.
 */
export async function countByDestination(store: Store, project: string): Promise<LetterCount[]> {
  const flat = (await store.hgetall(keys.deadLetterCounts(project))) as readonly string[] | null;
  return countsIn(project, flat ?? []);
}

/** Fields are `letters <hook>[ <folder>]` and `events …`, each followed by its number. A job's name may hold blanks. */
function countsIn(project: string, flat: readonly string[]): LetterCount[] {
  const numbers = new Map<string, number>();
  for (let at = 0; at < flat.length; at += 2) numbers.set(flat[at] ?? "", Number(flat[at + 1]));
  return [...numbers].flatMap(([field, letters]): LetterCount[] => {
    if (!field.startsWith("letters ")) return [];
    const place = field.slice("letters ".length);
    const events = numbers.get(`events ${place}`) ?? 0;
    const space = place.lastIndexOf(" ");
    if (space < 0) return [{ project, hook: place, letters, events }];
    return [{ project, plugin: place.slice(space + 1), hook: place.slice(0, space), letters, events }];
  });
}
