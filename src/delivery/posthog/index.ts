import type { FollowUp, Remainder } from "../follow-up.ts";
import type { OutgoingMessage } from "../queue.ts";
import { posthogRetryDelay } from "../schedules.ts";
import type { Forward } from "./forward.ts";

/** Brings events to one destination; resolves to what must be published so that nothing is lost. */
export type PostHogDestination = (remainder: Remainder, messageId: string) => Promise<OutgoingMessage[]>;

/**
 * PostHog as a destination: while it is unavailable its events come back by message for a day, what it refuses becomes a
 * dead letter. Without `forward` events go to no PostHog.
 */
export function createPostHogDestination(options: {
  forward: Forward | null;
  followUp: FollowUp;
  now: () => Date;
}): PostHogDestination {
  return async (remainder, messageId) => {
    // Recordings reach PostHog as the client sent them, not through the queue.
    const events = remainder.events.filter(({ event }) => event !== "$snapshot");
    if (!options.forward || events.length === 0) return [];
    const forwarded = await options.forward(remainder.project, events, remainder.historical ?? false);
    if (forwarded.outcome === "delivered") return [];

    const tried = { ...remainder, events, attempt: remainder.attempt + 1 };
    if (forwarded.outcome === "unavailable") {
      const { retryAfterSeconds } = forwarded;
      const delaySeconds = posthogRetryDelay({ ...tried, now: options.now().getTime(), retryAfterSeconds });
      if (delaySeconds !== null) return [options.followUp.again(tried, delaySeconds)];
    }
    return options.followUp.bury(tried, `${messageId}:posthog`, forwarded.error);
  };
}
