import type { Scope } from "../apps/scope.ts";
import { keys } from "../keys.ts";
import type { Store } from "../store.ts";
import { type Kept, keepStories, type Written, writtenOf } from "./kept.ts";

/** How often what a busy isolate holds of a project is written while nobody watches. */
export const WRITE_EVERY_MS = 30_000;

/** An isolate with little to do writes at once: so many times, each of which it may do again after `WRITE_EVERY_MS`. */
export const WRITES_AT_ONCE = 10;

/**
 * What is held of one project, and of all: the rest of the samples is left out. Upstash's smallest plan takes requests of
 * 1 MB.
 */
const MAX_CHARACTERS = 700_000;
const MAX_ITEMS = 2 * keys.storiesKept;
const MAX_CHARACTERS_OF_ALL = 5_000_000;

/** With `PROJECT_TOKENS=*` a token may be anything. */
const MAX_PROJECTS = 1000;

/**
 * Stories and attempts on their way to Redis. An isolate holds them between requests, so that under steady traffic
 * Redis is asked twice a minute, not with every request that is sampled and every delivery. There is no timer, which
 * on Workers would be some request's: the next write takes along what is held, and what is held when the isolate ends
 * is lost.
 */
export interface HeldStories {
  /** Holds them, or writes all that is held in the background of `scope`: one Redis request. */
  add(project: string, items: readonly Kept[], scope: Pick<Scope, "background" | "subrequests">): void;
  /** Writes what is held, so that it can be read. One Redis request, or none. Never rejects: what Redis does not take is lost. */
  write(project: string): Promise<void>;
}

export function createHeldStories(options: {
  store: Store;
  isWatched: (project: string) => boolean;
  nowMs: () => number;
}): HeldStories {
  const { store, isWatched, nowMs } = options;
  const held = new Map<string, Held>();
  let charactersOfAll = 0;

  function hold(project: string, items: readonly Kept[]): Held {
    if (held.size >= MAX_PROJECTS && !held.has(project)) {
      held.clear();
      charactersOfAll = 0;
    }
    const of = held.get(project) ?? { items: [], characters: 0, writes: WRITES_AT_ONCE, atMs: nowMs() };
    held.set(project, of);
    for (const item of items) {
      const written = writtenOf(item);
      const { length } = written.json;
      const isFull = of.items.length >= MAX_ITEMS || of.characters + length > MAX_CHARACTERS;
      if (isFull || charactersOfAll + length > MAX_CHARACTERS_OF_ALL) break;
      of.items.push(written);
      of.characters += length;
      charactersOfAll += length;
    }
    return of;
  }

  async function write(project: string): Promise<void> {
    const of = held.get(project);
    if (!of || of.items.length === 0) return;
    const { items } = of;
    charactersOfAll -= of.characters;
    [of.items, of.characters] = [[], 0];
    // Nobody was promised them.
    await keepStories(store, project, items, nowMs()).catch(() => {});
  }

  /** Takes one of the writes that are left; false when there is none. */
  function mayWrite(of: Held): boolean {
    // A clock that was set back earns nothing.
    const earned = Math.max(0, nowMs() - of.atMs) / WRITE_EVERY_MS;
    of.writes = Math.min(WRITES_AT_ONCE, of.writes + earned);
    of.atMs = nowMs();
    if (of.writes < 1) return false;
    of.writes -= 1;
    return true;
  }

  return {
    add(project, items, scope) {
      if (items.length === 0) return;
      const of = hold(project, items);
      if (!isWatched(project) && !mayWrite(of)) return;
      scope.subrequests += 1;
      scope.background(write(project));
    },
    write,
  };
}

interface Held {
  items: Written[];
  characters: number;
  /** How many writes need not wait, as a fraction, when it was last asked. */
  writes: number;
  atMs: number;
}
