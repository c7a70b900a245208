import type { Outcomes } from "../accounts/counts.ts";
import { deriveId } from "../derived-id.ts";
import type { Mask } from "../logs/mask.ts";
import type { Fate } from "../stories/story.ts";
import type { Health } from "./breaker/health.ts";
import { laneOf, type SlowPace } from "./breaker/lane.ts";
import type { DeadLetter } from "./dead-letters/letter.ts";
import { locationsIn } from "./locations.ts";
import type { RetryMessage } from "./message.ts";
import { outgoing } from "./publish.ts";
import type { OutgoingMessage } from "./queue.ts";
import { redisRetryDelay } from "./redis-retry.ts";

/** What one destination still has to get, and what has been tried so far. */
export type Remainder = Omit<RetryMessage, "v" | "id">;

/** What became of events at a destination: what must be published so that nothing is lost, and what there is to count. */
export interface Taken {
  outgoing: OutgoingMessage[];
  outcomes: Outcomes;
  /** What ends here, to be kept together with the record that this was done. */
  burials?: readonly Burial[];
  /** What the attempt has shown of the destination. */
  health?: Health;
  /** What became of each; called for events that are followed, of those that the destination was given. */
  fateOf?: (event: Remainder["events"][number]) => Fate;
}

/** A dead letter that is still to be written. */
export interface Burial {
  letter: DeadLetter;
  /** What brings it here again where Redis does not take it: no hook is run again for that. */
  message: () => OutgoingMessage;
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
   * Has them kept for a person, a dead letter for each verdict; the same id twice is one. They count as dead now, whether
   * Redis takes them with the record or a message has to bring them.
   */
  bury(remainder: Remainder, verdicts: readonly Verdict[], origin: string): Taken;
}

export function createFollowUp(options: {
  /** Rids errors of secrets here, where their app is at work: an isolate that a message brings them to may not know them. */
  mask: Mask;
  now: () => Date;
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

    bury(remainder, unmasked, origin) {
      const verdicts = unmasked.map((verdict) => ({ ...verdict, error: options.mask(verdict.error) }));
      return {
        outgoing: [],
        outcomes: { dead: verdicts.reduce((sum, { events }) => sum + Math.max(1, events.length), 0) },
        burials: verdicts.map((verdict) => ({
          letter: letterOf(remainder, verdict),
          message() {
            const { id, error, events } = verdict;
            const dead = { ...remainder, events: [...events], verdict: { id, error } };
            const delaySeconds = redisRetryDelay(remainder.firstAt, options.now().getTime());
            return again(dead, delaySeconds, origin, id);
          },
        })),
        fateOf: (event) => ({
          outcome: "dead",
          error: verdicts.find(({ events }) => events.includes(event))?.error ?? "",
        }),
      };
    },
  };
}
