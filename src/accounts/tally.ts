import type { Store } from "../store.ts";
import { addCounts } from "./add.ts";
import { type Counts, sumCounts } from "./counts.ts";

/** Counts are gathered for this long, so that a flood of bad requests does not become a flood of Redis commands. */
const GATHER_MS = 500;

/** The most projects gathered at a time: with `PROJECT_TOKENS=*` a token may be anything. */
const MAX_PROJECTS = 1000;

/** Counts what no message will account for. Best effort: an isolate that ends, or Redis being away, loses some. */
export type Tally = (project: string, counts: Counts, waitUntil: (promise: Promise<unknown>) => void) => void;

/** One Redis request of 4 commands per project and half second in which there is something to count. */
export function createTally(store: Store, now: () => Date): Tally {
  const gathered = new Map<string, Counts>();

  async function flush(project: string): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
    const counts = gathered.get(project);
    gathered.delete(project);
    if (counts) await addCounts(store, project, now().getTime(), counts);
  }

  return (project, counts, waitUntil) => {
    const before = gathered.get(project);
    if (!before && gathered.size >= MAX_PROJECTS) return;
    gathered.set(project, before ? sumCounts([before, counts]) : counts);
    // The timer belongs to the first request: on Workers it ends with that one. What it counts is lost with Redis.
    if (!before) waitUntil(flush(project).catch(() => {}));
  };
}
