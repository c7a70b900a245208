import type { Scope } from "../../apps/scope.ts";
import type { FollowUp, Remainder, Taken } from "../follow-up.ts";
import { posthogRetryDelay } from "../schedules.ts";
import type { Forward } from "./forward.ts";

/** Brings events to PostHog. Never rejects. */
export type PostHogDestination = (remainder: Remainder, messageId: string, scope: Scope) => Promise<Taken>;

/**
 * PostHog as a destination: while it is unavailable its events come back by message for a day, what it refuses becomes a
 * dead letter. Null without `forward`: events go to no PostHog then.
 */
export function createPostHogDestination(options: {
  forward: Forward | null;
  followUp: FollowUp;
  now: () => Date;
}): PostHogDestination | null {
  const { forward, followUp } = options;
  if (!forward) return null;
  return async (remainder, messageId, scope) => {
    // Recordings reach PostHog as the client sent them, not through the queue.
    const events = remainder.events.filter(({ event }) => event !== "$snapshot");
    const ignored = remainder.events.length - events.length;
    if (events.length === 0) return { outgoing: [], outcomes: { ignored } };
    scope.subrequests += 1;
    const forwarded = await forward(remainder.project, events, remainder.historical ?? false);
    if (forwarded.outcome === "delivered") {
      return { outgoing: [], outcomes: { ignored, delivered: events.length } };
    }

    const tried = { ...remainder, events, attempt: remainder.attempt + 1 };
    if (forwarded.outcome === "unavailable") {
      const { retryAfterSeconds } = forwarded;
      const delaySeconds = posthogRetryDelay({ ...tried, now: options.now().getTime(), retryAfterSeconds });
      if (delaySeconds !== null) {
        const again = followUp.again(tried, delaySeconds, messageId, "posthog");
        return { outgoing: [again], outcomes: { ignored, retried: events.length } };
      }
    }
    scope.subrequests += 1;
    const verdict = { id: `${messageId}:posthog`, error: forwarded.error, events };
    const { outgoing, outcomes } = await followUp.bury(tried, [verdict], messageId);
    return { outgoing, outcomes: { ignored, ...outcomes } };
  };
}
