import { findLetters, type FoundLetters, type LetterFilter } from "../../delivery/dead-letters/find.ts";
import type { Summary } from "../../delivery/dead-letters/letter.ts";
import type { Store } from "../../store.ts";

/** Dead letters of one destination, as far as they are among the newest. */
export interface WaitingLetters {
  project: string;
  /** The app's folder; absent for PostHog. */
  plugin?: string;
  hook: string;
  letters: number;
  events: number;
  latest: Summary;
}

/**
 * Finds what waits for a person among the newest 500 dead letters of each project: one request of 3 commands for
 * each. Rejects when Redis does.
 */
export async function waitingLetters(
  store: Store,
  projects: readonly string[],
  nowMs: number,
): Promise<WaitingLetters[]> {
  const { letters } = await newestLetters(store, projects, {}, nowMs);
  const groups = Map.groupBy(letters, ({ project, plugin = "", hook }) => `${project} ${hook} ${plugin}`);
  return [...groups.values()].flatMap((group): WaitingLetters[] => {
    const [latest] = group;
    if (!latest) return [];
    const { project, plugin, hook } = latest;
    const events = group.reduce((sum, letter) => sum + letter.events, 0);
    return [
      { project, ...(plugin === undefined ? {} : { plugin }), hook, letters: group.length, events, latest },
    ];
  });
}

/** Dead letters of one app. */
export interface AppLetters {
  found: readonly Summary[];
  /** Whether that is all of them. */
  isAll: boolean;
}

/** An app's dead letters among the newest 500 of its project: one request of 3 commands. Rejects when Redis does. */
export async function appLetters(
  store: Store,
  { project, plugin }: { project: string; plugin: string },
  nowMs: number,
): Promise<AppLetters> {
  const { letters, next } = await newestLetters(store, [project], { plugin }, nowMs);
  return { found: letters, isAll: next === null };
}

function newestLetters(
  store: Store,
  projects: readonly string[],
  filter: LetterFilter,
  nowMs: number,
): Promise<FoundLetters> {
  const limit = Number.MAX_SAFE_INTEGER;
  return findLetters(store, { projects, filter, limit, after: null, nowMs, rounds: 1 });
}

/** Below the admin: the list of a destination's letters, or of an app's. */
export function lettersPath(place: { project: string; plugin?: string; hook?: string }): string {
  const { project, plugin, hook } = place;
  const query = new URLSearchParams({ project, ...(plugin ? { plugin } : {}), ...(hook ? { hook } : {}) });
  return `/dead-letters?${query.toString()}`;
}
