import type { Instances } from "../apps/instances.ts";
import type { Scope } from "../apps/scope.ts";
import type { Gate } from "./breaker/gate.ts";
import { type Destinations, PUT_OFF_SECONDS } from "./deliver.ts";
import type { Stories } from "../stories/index.ts";
import type { FollowUp, Remainder, Taken } from "./follow-up.ts";
import type { RetryMessage } from "./message.ts";
import type { DeferredHook } from "./schedules.ts";

/** Takes what one destination lacks to it again. Rejects when Redis has the events and does not answer. */
export type Retry = (message: RetryMessage, scope: Scope, gate: Gate) => Promise<Taken>;

/** An app that is gone by then, or disabled, gets nothing more: its part becomes a dead letter that says so. */
export function createRetry(options: {
  instances: Instances;
  destinations: Destinations;
  followUp: FollowUp;
  stories: Stories;
}): Retry {
  const { instances, followUp, stories } = options;
  const { toPostHog, toEventHook, exports } = options.destinations;

  return async (message, scope, gate) => {
    const { destination, attempt, events, replays } = message;
    const taken = await take(message, scope, gate);
    const journal = stories.journal(message);
    journal?.note({
      destination,
      attempt: attempt + 1,
      ...(replays ? { replays } : {}),
      events,
      fateOf: taken.fateOf,
    });
    journal?.keep(scope);
    return taken;
  };

  async function take({ id, ...remainder }: RetryMessage, scope: Scope, gate: Gate): Promise<Taken> {
    const { destination, project, verdict, events, settled, batch: settledBatch } = remainder;
    // One that came only to change the pace of its lane.
    if (events.length === 0 && remainder.batch === undefined && !verdict)
      return { outgoing: [], outcomes: {} };
    if (verdict) {
      // Whoever found them dead has counted that.
      return { ...followUp.bury(remainder, [{ ...verdict, events }], id), outcomes: {} };
    }
    if (destination.hook === "posthog") {
      if (toPostHog) return toPostHog(remainder, id, scope, gate);
      return giveUp(remainder, id, "posthog", "there is no POSTHOG_HOST any more", scope);
    }

    const { plugin } = destination;
    if (settled && settledBatch !== undefined) {
      return exports.settle({ ...remainder, batch: settledBatch }, plugin, settled, id);
    }
    const hook = destination.hook as DeferredHook;
    const instance = await instances.find(project, plugin, scope);
    if (!instance) {
      const waits = instances.waiting(project).some((app) => app.plugin === plugin);
      if (!waits) return giveUp(remainder, id, plugin, "the app is disabled, or no longer deployed", scope);
      return { outgoing: [followUp.again(remainder, PUT_OFF_SECONDS, id, "put off")], outcomes: {} };
    }
    if (!instance.hooks[hook]) return giveUp(remainder, id, plugin, `the app has no ${hook} any more`, scope);
    try {
      if (hook !== "exportEvents") return await toEventHook(instance, hook, remainder, id, scope, gate);
      // Put off before they reached the buffer, or a batch of the buffer that the app could not export.
      const { batch, from = { route: "retry" as const, id } } = remainder;
      if (batch === undefined) return await exports.append(instance, remainder, from, id, scope, gate);
      return await exports.retry(instance, { ...remainder, batch }, id, scope);
    } finally {
      void instance.global.save(scope.commands);
    }
  }

  async function giveUp(
    remainder: Remainder,
    id: string,
    where: string,
    error: string,
    scope: Scope,
  ): Promise<Taken> {
    const { batch, events } = remainder;
    const taken =
      batch === undefined
        ? followUp.bury(remainder, [{ id: `${id}:${where}`, error, events }], id)
        : await exports.abandon({ ...remainder, batch }, where, error, id, scope);
    // There is nothing to spare any more: what else waits in the lane may come at once.
    return { ...taken, health: { is: "up" } };
  }
}
