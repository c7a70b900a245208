import type { Scope } from "../../apps/scope.ts";
import type { Gate } from "../breaker/gate.ts";
import { LANE_PACES } from "../breaker/lane.ts";
import { type FollowUp, HELD, type Remainder, type Taken } from "../follow-up.ts";
import { posthogRetryDelay } from "../schedules.ts";
import type { Forward, Forwarded } from "./forward.ts";
import type { AlertParked } from "./parked-alert.ts";

/** Brings events to PostHog. Never rejects. */
export type PostHogDestination = (
  remainder: Remainder,
  messageId: string,
  scope: Scope,
  gate: Gate,
) => Promise<Taken>;

/**
 * PostHog as a destination: while it is unavailable its events come back by message, on its schedule and by its lane; a batch
 * that it finds too large comes back in halves; while it refuses the project they wait for a person, who is told; any other
 * refusal is final. Null without `forward`: events go to no PostHog then.
 */
export function createPostHogDestination(options: {
  forward: Forward | null;
  followUp: FollowUp;
  alertParked: AlertParked;
  now: () => Date;
}): PostHogDestination | null {
  const { forward, followUp, alertParked } = options;
  const nowMs = () => options.now().getTime();
  if (!forward) return null;

  return async (remainder, messageId, scope, gate) => {
    // Recordings reach PostHog as the client sent them, not through the queue.
    const events = remainder.events.filter(({ event }) => event !== "$snapshot");
    const ignored = remainder.events.length - events.length;
    const fateBy =
      (fateOf: Taken["fateOf"]): Taken["fateOf"] =>
      (event) =>
        (event.event === "$snapshot" ? undefined : fateOf?.(event)) ?? { outcome: "ignored" };
    if (events.length === 0) return { outgoing: [], outcomes: { ignored }, fateOf: fateBy(undefined) };
    const part = { ...remainder, events };
    if (!gate.admits) {
      const held = followUp.inLane(gate.pace, part, 0, messageId, "posthog");
      return { outgoing: [held], outcomes: { ignored }, fateOf: fateBy(() => HELD) };
    }
    scope.subrequests += 1;
    const forwarded = await forward(remainder.project, events, remainder.historical ?? false);
    const { outcomes, fateOf, ...taken } = await settle(part, forwarded, messageId, scope, gate);
    return { ...taken, outcomes: { ignored, ...outcomes }, fateOf: fateBy(fateOf) };
  };

  /** What follows from an answer. */
  async function settle(
    part: Remainder,
    forwarded: Forwarded,
    messageId: string,
    scope: Scope,
    gate: Gate,
  ): Promise<Taken> {
    const { events } = part;
    const { length } = events;
    switch (forwarded.outcome) {
      case "delivered":
        return {
          outgoing: [],
          outcomes: { delivered: length },
          health: { is: "up" },
          fateOf: () => ({ outcome: "delivered" }),
        };
      case "unavailable": {
        const { error, retryAfterSeconds } = forwarded;
        const tried = { ...part, attempt: part.attempt + 1 };
        const delaySeconds = posthogRetryDelay(tried.attempt, retryAfterSeconds);
        const health = {
          is: "down" as const,
          why: error,
          ...(retryAfterSeconds && delaySeconds ? { notBeforeMs: nowMs() + delaySeconds * 1000 } : {}),
        };
        if (delaySeconds === null) return { ...bury(tried, error, messageId), health };
        const again = followUp.inLane(gate.pace, tried, delaySeconds, messageId, "posthog");
        return {
          outgoing: [again],
          outcomes: { retried: length },
          health,
          fateOf: () => ({ outcome: "retried", error }),
        };
      }
      case "too large": {
        if (length === 1) return refuse(part, nameOnly(forwarded.error, part), messageId);
        const half = Math.ceil(length / 2);
        const halves = [events.slice(0, half), events.slice(half)].map((some, index) =>
          followUp.again({ ...part, events: some }, 0, messageId, "posthog", `half ${index}`),
        );
        return {
          outgoing: halves,
          outcomes: { retried: length },
          health: { is: "up" },
          fateOf: () => ({ outcome: "retried", error: forwarded.error }),
        };
      }
      case "misconfigured": {
        const { error } = forwarded;
        scope.subrequests += 2;
        await alertParked({ project: part.project, error, sinceMs: parkedSince(gate) ?? nowMs() });
        // Not counted as an attempt: these events have never been looked at.
        const { periodSeconds } = LANE_PACES.parked;
        const parked = followUp.inLane("parked", part, periodSeconds, messageId, "posthog");
        return {
          outgoing: [parked],
          outcomes: { retried: length },
          health: { is: "parked", why: error },
          fateOf: () => ({ outcome: "retried", error }),
        };
      }
      case "refused":
        return refuse(part, forwarded.error, messageId);
    }
  }

  function refuse(part: Remainder, error: string, messageId: string): Taken {
    const tried = { ...part, attempt: part.attempt + 1 };
    return { ...bury(tried, error, messageId), health: { is: "up" } };
  }

  function bury(tried: Remainder, error: string, messageId: string): Taken {
    return followUp.bury(tried, [{ id: `${messageId}:posthog`, error, events: tried.events }], messageId);
  }
}

function parkedSince(gate: Gate): number | undefined {
  return gate.admits && gate.pace === "parked" ? gate.sinceMs : undefined;
}

/** The error of an event that is too large all by itself. */
function nameOnly(error: string, { events: [event] }: Remainder): string {
  return `${error} (the event "${event?.event}", ${event?.uuid}, is too large by itself)`;
}
