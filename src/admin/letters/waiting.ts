import { findLetters, type FoundLetters, type LetterFilter } from "../../delivery/dead-letters/find.ts";
import type { Summary } from "../../delivery/dead-letters/letter.ts";
import { keys } from "../../keys.ts";
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
  /** Whether that is all of them: the project has no more letters than were looked at. */
  isAll: boolean;
}

/**
 * Finds what waits for a person among the newest 500 dead letters of a project: one request of 3 commands. Rejects when
 * Redis does.
 */
export async function waitingLetters(
  store: Store,
  project: string,
  nowMs: number,
): Promise<WaitingLetters[]> {
  const { letters, next } = await newestLetters(store, project, {}, nowMs);
  const groups = Map.groupBy(letters, ({ plugin = "", hook }) => `${hook} ${plugin}`);
  return [...groups.values()].flatMap((group): WaitingLetters[] => {
    const [latest] = group;
    if (!latest) return [];
    const { plugin, hook } = latest;
    return [
      {
        project,
        ...(plugin === undefined ? {} : { plugin }),
        hook,
        letters: group.length,
        events: group.reduce((sum, letter) => sum + letter.events, 0),
        latest,
        isAll: next === null,
      },
    ];
  });
}

/** How many dead letters each project has. One request, a command a project; rejects when Redis does. */
export async function countLetters(store: Store, projects: readonly string[]): Promise<number[]> {
  if (projects.length === 0) return [];
  const pipeline = store.pipeline();
  for (const project of projects) pipeline.zcard(keys.deadLetters(project));
  return pipeline.exec<number[]>();
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
  const { letters, next } = await newestLetters(store, project, { plugin }, nowMs);
  return { found: letters, isAll: next === null };
}

function newestLetters(
  store: Store,
  project: string,
  filter: LetterFilter,
  nowMs: number,
): Promise<FoundLetters> {
  const limit = Number.MAX_SAFE_INTEGER;
  return findLetters(store, { projects: [project], filter, limit, after: null, nowMs, rounds: 1 });
}

/** Below the admin: the list of a destination's letters, or of an app's. */
export function lettersPath(place: { project: string; plugin?: string; hook?: string }): string {
  const { project, plugin, hook } = place;
  const query = new URLSearchParams({ project, ...(plugin ? { plugin } : {}), ...(hook ? { hook } : {}) });
  return `/dead-letters?${query.toString()}`;
}
