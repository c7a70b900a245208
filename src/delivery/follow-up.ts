import type { Outcomes } from "../accounts/counts.ts";
import { deriveId } from "../derived-id.ts";
import { describeStoreError } from "../store.ts";
import type { Mask } from "../logs/mask.ts";
import type { Fate } from "../stories/story.ts";
import type { Health } from "./breaker/health.ts";
import { laneOf, type SlowPace } from "./breaker/lane.ts";
import type { DeadLetters } from "./dead-letters/index.ts";
import type { DeadLetter } from "./dead-letters/letter.ts";
import { locationsIn } from "./locations.ts";
import type { RetryMessage } from "./message.ts";
import { outgoing } from "./publish.ts";
import type { OutgoingMessage } from "./queue.ts";

/** What one destination still has to get, and what has been tried so far. */
export type Remainder = Omit<RetryMessage, "v" | "id">;

/** What became of events at a destination: what must be published so that nothing is lost, and what there is to count. */
export interface Taken {
  outgoing: OutgoingMessage[];
  outcomes: Outcomes;
  /** What the attempt has shown of the destination. */
  health?: Health;
  /** What became of each; called for events that are followed, of those that the destination was given. */
  fateOf?: (event: Remainder["events"][number]) => Fate;
}

/** What became of events that a destination's gate does not admit. */
export const HELD: Fate = { outcome: "put off", error: "the destination is down, and tried now and then" };

/** Why something becomes a dead letter; `id` is the letter's. */
export interface Verdict {
  id: string;
  error: string;
  /** As the destination would have got them. */
  events: Remainder["events"];
}

/** What follows when a destination did not take its events. */
export interface FollowUp {
  /**
   * A message that brings them there again. `origin` names the work that it follows from, beginning with the id of that
   * work's message: the same work done again is followed by the same message.
   */
  again(remainder: Remainder, delaySeconds: number, ...origin: string[]): OutgoingMessage;
  /**
   * The same, but the message waits in QStash among those of the destination, which come at the given pace. Null is no pace:
   * the destination is not known to be down.
   */
  inLane(
    pace: SlowPace | null,
    remainder: Remainder,
    delaySeconds: number,
    ...origin: string[]
  ): OutgoingMessage;
  /**
   * Keeps them for a person, a dead letter for each verdict; the same id twice is one. While Redis does not take them
   * messages bring them here again, and no hook is run again for that: they count as dead now, since whoever does the work
   * again finds the same letters. One Redis request. Never rejects.
   */
  bury(remainder: Remainder, verdicts: readonly Verdict[], origin: string): Promise<Taken>;
}

/** How long what Redis did not take waits in the queue. */
export const REDIS_RETRY_SECONDS = 30;

export function createFollowUp(options: {
  deadLetters: DeadLetters;
  /** Rids errors of secrets here, where their app is at work: an isolate that a message brings them to may not know them. */
  mask: Mask;
  now: () => Date;
  onFault: (message: string) => void;
}): FollowUp {
  function again(remainder: Remainder, delaySeconds: number, ...origin: string[]): OutgoingMessage {
    const message = { id: deriveId("retry", ...origin), ...remainder };
    delete message.lane;
    return outgoing("retry", message, delaySeconds);
  }

  function letterOf(remainder: Remainder, { id, error, events }: Verdict): DeadLetter {
    const { project, destination, firstAt, attempt, historical, generation, replays, sampled } = remainder;
    const followed = sampled?.ids.filter((uuid) => events.some((event) => event.uuid === uuid)) ?? [];
    const content = "payload" in remainder ? remainder.payload : events;
    // Of a request's locations, those that this part of it mentions.
    const locations = remainder.locations && locationsIn(JSON.stringify(content), remainder.locations);
    return {
      id,
      project,
      ...("plugin" in destination ? { plugin: destination.plugin } : {}),
      hook: destination.hook,
      error,
      attempts: attempt,
      firstAt: new Date(firstAt).toISOString(),
      lastAt: options.now().toISOString(),
      events,
      ...(remainder.batch === undefined ? {} : { batch: true as const }),
      ...("payload" in remainder ? { payload: remainder.payload } : {}),
      ...(historical ? { historical } : {}),
      ...(locations && locations.length > 0 ? { locations } : {}),
      ...(generation ? { generation } : {}),
      ...(sampled && followed.length > 0 ? { sampled: { ...sampled, ids: followed } } : {}),
      ...(replays ? { replays } : {}),
    };
  }

  return {
    again,

    inLane(pace, remainder, delaySeconds, ...origin) {
      if (pace === null) return again(remainder, delaySeconds, ...origin);
      const { project, destination } = remainder;
      const message = { id: deriveId("lane", ...origin), ...remainder, lane: true as const };
      return { ...outgoing("retry", message, delaySeconds), flow: laneOf(project, destination, pace) };
    },

    async bury(remainder, unmasked, origin) {
      if (unmasked.length === 0) return { outgoing: [], outcomes: {} };
      const verdicts = unmasked.map((verdict) => ({ ...verdict, error: options.mask(verdict.error) }));
      const fateOf = (event: Remainder["events"][number]): Fate => ({
        outcome: "dead",
        error: verdicts.find(({ events }) => events.includes(event))?.error ?? "",
      });
      const outcomes = { dead: verdicts.reduce((sum, { events }) => sum + Math.max(1, events.length), 0) };
      try {
        await options.deadLetters.add(verdicts.map((verdict) => letterOf(remainder, verdict)));
        return { outgoing: [], outcomes, fateOf };
      } catch (error) {
        options.onFault(
          `${verdicts.length} dead letters wait in the queue, Redis did not take them: ${describeStoreError(error)}`,
        );
        return {
          outgoing: verdicts.map(({ events, ...verdict }) =>
            again({ ...remainder, events: [...events], verdict }, REDIS_RETRY_SECONDS, origin, verdict.id),
          ),
          outcomes,
          fateOf,
        };
      }
    },
  };
}
