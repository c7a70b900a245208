import type { Scope } from "../apps/scope.ts";
import type { CapturedBatch } from "../event.ts";
import { keys } from "../keys.ts";
import type { Mask } from "../logs/mask.ts";
import type { HeldStories } from "./held.ts";
import type { Kept } from "./kept.ts";
import type { Sampler } from "./sampler.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Attempt, Fate, Sampled } from "./story.ts";
import { traceEvents, type Traces } from "./trace.ts";

/** Where events were taken in one attempt, and what became of each there. */
export interface Tried<Event extends { uuid: string }> {
  destination: { hook: string; plugin?: string };
  attempt: number;
  /** How often people have had these events replayed. */
  replays?: number;
  events: readonly Event[];
  /** Called for sampled events only. Without it there is nothing to tell. */
  fateOf?: ((event: Event) => Fate) | undefined;
}

/** Notes what one message does with its sampled events. */
export interface Journal {
  note<Event extends { uuid: string }>(tried: Tried<Event>): void;
  /** Keeps what was noted, in the background (see `HeldStories`). What is lost on the way is lost: nobody was promised it. */
  keep(scope: Pick<Scope, "background" | "subrequests">): void;
}

/** Follows some events from their arrival to their last delivery, so that people can see what becomes of them. */
export interface Stories {
  /** Null, as for nearly all requests, when this one is not sampled: then nothing is copied and nobody asked. */
  trace(batch: CapturedBatch): Traces | null;
  /** Keeps what was traced, in the background likewise. */
  keep(project: string, traces: Traces, scope: Pick<Scope, "background" | "subrequests">): void;
  /** Null for a message without sampled events, or with some that may no longer be kept. */
  journal(message: { project: string; sampled?: Sampled }): Journal | null;
  /** Brings what this isolate still holds to where it is read. One Redis request, or none. Never rejects. */
  write(project: string): Promise<void>;
}

export function createStories(options: {
  held: HeldStories;
  sampler: Sampler;
  snapshot: Snapshot;
  mask: Mask;
  now: () => Date;
}): Stories {
  const { held, sampler } = options;

  return {
    trace(batch) {
      const count = sampler(batch.project);
      return count === 0 ? null : traceEvents(batch, count, options);
    },

    keep(project, traces, scope) {
      const stories = traces.stories();
      const kept = stories.map((story) => ({ id: story.id, atMs: Date.parse(story.at), story }));
      held.add(project, kept, scope);
    },

    journal({ project, sampled }) {
      if (!sampled || options.now().getTime() - sampled.atMs > keys.storiesTtlSeconds * 1000) return null;
      const ids = new Set(sampled.ids);
      const kept: Kept[] = [];
      return {
        note({ destination, attempt, replays, events, fateOf }) {
          const at = options.now().toISOString();
          if (!fateOf) return;
          for (const event of events) {
            const { uuid } = event;
            if (!ids.has(uuid)) continue;
            const { outcome, error } = fateOf(event);
            const noted: Attempt = { at, ...destination, attempt, outcome };
            if (replays) noted.replays = replays;
            if (error !== undefined) noted.error = options.mask(error, MAX_ERROR_CHARACTERS);
            kept.push({ id: uuid, atMs: sampled.atMs, attempt: noted });
          }
        },
        keep: (scope) => held.add(project, kept, scope),
      };
    },

    write: held.write,
  };
}

const MAX_ERROR_CHARACTERS = 500;
