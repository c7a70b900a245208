import type { ClientLocation } from "../../event.ts";
import type { Sampled } from "../../stories/story.ts";

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
  /** The events are a batch of `exportEvents`, in the shape that apps get. */
  batch?: true;
  /** Which of the app's buffers these were to be flushed from: `hook` is `onFlush` then. */
  buffer?: number;
  /** The points of each of those objects. */
  points?: readonly number[];
  /** What a job had been given. */
  payload?: unknown;
  /** What went along with the events, and goes along again when they are replayed. */
  historical?: true;
  locations?: readonly ClientLocation[];
  generation?: number;
  /** Which of the events are followed. */
  sampled?: Sampled;
  /** How often these events have been replayed before they came to this. */
  replays?: number;
}

/** A letter without what is in it, as lists show it: kept beside the letters, which may be a megabyte each. */
export interface Summary extends Pick<
  DeadLetter,
  "id" | "project" | "plugin" | "hook" | "error" | "attempts" | "firstAt" | "lastAt" | "replays"
> {
  /** How many there are; a job is one that has none. */
  events: number;
  /** Characters of the letter as JSON. */
  characters: number;
}

/** An error's beginning says which it is; the whole of it is in the letter. */
const MAX_ERROR_CHARACTERS = 500;

export function summarise(letter: DeadLetter, characters: number): Summary {
  const { id, project, plugin, hook, error, attempts, firstAt, lastAt, replays } = letter;
  return {
    id,
    project,
    ...(plugin === undefined ? {} : { plugin }),
    hook,
    error: error.slice(0, MAX_ERROR_CHARACTERS),
    attempts,
    firstAt,
    lastAt,
    ...(replays ? { replays } : {}),
    events: letter.events.length,
    characters,
  };
}

/** What a letter counts for in the accounts: its events, or the one run of a job. */
export function weightOf({ events }: Pick<DeadLetter, "events">): number {
  return Math.max(1, events.length);
}
