import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";

/** Keys of the whole Redis that one SCAN looks at, and how many of those one look takes, a request each. */
const KEYS_PER_SCAN = 1000;
const SCANS_PER_LOOK = 20;

/** What an app has in Redis besides its log: by `cache`, by `storage` and `utils.cursor`, and what is kept of its `global`. */
export const stateKinds = ["cache", "storage", "global"] as const;
export type StateKind = (typeof stateKinds)[number];

/** Numbers of keys by kind, of the part of Redis that was looked at. `next` goes on from there; null when that was all. */
export interface KeptState {
  counts: Record<StateKind, number>;
  next: string | null;
}

/**
 * Counts what an app keeps for a project, and with `remove` deletes that. Redis has no list of it, so that all of its keys
 * are looked at: a command and a request for each thousand, at most 20 at a time, and one more where there is something to
 * delete. A key that changes meanwhile may be counted twice.
 */
export async function lookAtState(
  store: Store,
  options: { project: string; plugin: string; kinds: readonly StateKind[]; from: string; remove: boolean },
): Promise<KeptState> {
  const { project, plugin, kinds } = options;
  const prefixOf = (kind: StateKind) => keys.appState(project, plugin, kind);
  const match = `${escapeGlob(keys.appState(project, plugin, ""))}*`;
  const counts = { cache: 0, storage: 0, global: 0 };
  let cursor = options.from;
  for (let scans = 0; scans < SCANS_PER_LOOK; scans += 1) {
    const [next, found] = await store.scan(cursor, { match, count: KEYS_PER_SCAN });
    const wanted: string[] = [];
    for (const key of found) {
      const kind = kinds.find((candidate) => key.startsWith(prefixOf(candidate)));
      if (!kind) continue;
      counts[kind] += 1;
      wanted.push(key);
    }
    if (options.remove && wanted.length > 0) await store.unlink(...wanted);
    cursor = String(next);
    if (cursor === "0") return { counts, next: null };
  }
  return { counts, next: cursor };
}

/** A token or a folder's name may hold what a pattern takes for a wildcard. */
function escapeGlob(text: string): string {
  return text.replaceAll(/[\\*?[\]]/g, String.raw`\$&`);
}
