import { countByDestination, type LetterCount } from "../../delivery/dead-letters/count.ts";
import { findLetters, type LetterFilter } from "../../delivery/dead-letters/find.ts";
import type { Summary } from "../../delivery/dead-letters/letter.ts";
import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";

/** The dead letters of one destination. */
export interface WaitingLetters {
  count: LetterCount;
  /** Null where 500 newer ones of other destinations hide it. */
  latest: Summary | null;
}

/**
 * Finds what waits for a person: all dead letters of a project by destination, with the latest of each that is among the
 * project's newest 500. Two requests, 4 commands. Rejects when Redis does.
 */
export async function waitingLetters(
  store: Store,
  project: string,
  nowMs: number,
): Promise<WaitingLetters[]> {
  const [counts, newest] = await Promise.all([
    countByDestination(store, project),
    newestLetters(store, project, {}, nowMs),
  ]);
  return counts.map((count) => {
    const { plugin, hook } = count;
    const isOfIt = (letter: Summary) => letter.plugin === plugin && letter.hook === hook;
    return { count, latest: newest.find(isOfIt) ?? null };
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
  /** The newest, of those that are among the newest 500 of its project. */
  found: readonly Summary[];
  /** How many there are in all. */
  count: number;
}

/** An app's dead letters. Two requests, 4 commands. Rejects when Redis does. */
export async function appLetters(
  store: Store,
  { project, plugin }: { project: string; plugin: string },
  nowMs: number,
): Promise<AppLetters> {
  const [counts, found] = await Promise.all([
    countByDestination(store, project),
    newestLetters(store, project, { plugin }, nowMs),
  ]);
  const ofApp = counts.filter((count) => count.plugin === plugin);
  return { found, count: ofApp.reduce((sum, { letters }) => sum + letters, 0) };
}

async function newestLetters(
  store: Store,
  project: string,
  filter: LetterFilter,
  nowMs: number,
): Promise<Summary[]> {
  const limit = Number.MAX_SAFE_INTEGER;
  const look = { projects: [project], filter, limit, after: null, nowMs, rounds: 1 };
  return (await findLetters(store, look)).letters;
}

/** Below the admin: the list of a destination's letters, or of an app's. */
export function lettersPath(place: { project: string; plugin?: string; hook?: string }): string {
  const { project, plugin, hook } = place;
  const query = new URLSearchParams({ project, ...(plugin ? { plugin } : {}), ...(hook ? { hook } : {}) });
  return `/dead-letters?${query.toString()}`;
}
