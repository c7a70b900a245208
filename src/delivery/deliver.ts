import type { Instance } from "../apps/instance.ts";
import type { Instances } from "../apps/instances.ts";
import type { Scope } from "../apps/scope.ts";
import { tameNesting } from "../capture/nesting.ts";
import { MAX_LEVELS, plainJson } from "../json.ts";
import type { ProcessedEvent } from "../pipeline/index.ts";
import type { DeferredHook } from "./schedules.ts";
import type { Exports } from "./exports/index.ts";
import type { FollowUp, Remainder } from "./follow-up.ts";
import { type EventHookDestination, eventHooks, isFor } from "./hooks/event-hooks.ts";
import type { DeliverMessage, Destination, RetryMessage } from "./message.ts";
import type { PostHogDestination } from "./posthog/index.ts";
import type { OutgoingMessage } from "./queue.ts";

/** How long the work of an app that is not set up yet is put off. */
const PUT_OFF_SECONDS = 10;

export interface Destinations {
  toPostHog: PostHogDestination;
  toEventHook: EventHookDestination;
  exports: Exports;
}

/** The steps of the delivery path. Each resolves to the messages that must be published before it is acknowledged. */
export interface Deliver {
  /**
   * Takes a message's events to all destinations side by side: PostHog, every app's hooks, every exporting app's
   * buffer. One that fails keeps none from the others, and Redis being away keeps none: what it should take waits in the
   * queue.
   */
  deliver(message: DeliverMessage, scope: Scope): Promise<OutgoingMessage[]>;
  /** Takes what one destination lacks to it again. */
  retry(message: RetryMessage, scope: Scope): Promise<OutgoingMessage[]>;
}

export function createDeliver(options: {
  instances: Instances;
  destinations: Destinations;
  followUp: FollowUp;
  now: () => Date;
}): Deliver {
  const { instances, followUp } = options;
  const { toPostHog, toEventHook, exports } = options.destinations;

  return {
    async deliver(message, scope) {
      const { id, project, historical, locations, generation } = message;
      const events = message.events.map(withoutDepths);
      const firstAt = options.now().getTime();
      const untried = {
        project,
        events,
        attempt: 0,
        firstAt,
        ...(locations ? { locations } : {}),
        ...(generation ? { generation } : {}),
      };
      const to = (destination: Destination) => ({ ...untried, destination });
      const ready = await instances.ready(project, scope);
      const steps = [toPostHog({ ...to({ hook: "posthog" }), ...(historical ? { historical } : {}) }, id)];
      for (const instance of ready) {
        const { plugin } = instance.definition;
        for (const hook of eventHooks) {
          if (!instance.hooks[hook] || !events.some((event) => isFor(hook, event))) continue;
          steps.push(toEventHook(instance, hook, to({ plugin, hook }), id, scope));
        }
        if (instance.hooks.exportEvents)
          steps.push(exports.append(instance, to({ plugin, hook: "exportEvents" })));
      }
      const putOff: OutgoingMessage[] = [];
      for (const { plugin, hooks } of instances.waiting(project)) {
        for (const hook of [...eventHooks, "exportEvents"] as const) {
          if (hooks[hook]) putOff.push(followUp.again(to({ plugin, hook }), PUT_OFF_SECONDS));
        }
      }
      const outgoing = await Promise.all(steps);
      for (const { global } of ready) void global.save(scope.commands);
      return [...putOff, ...outgoing.flat()];
    },

    async retry(message, scope) {
      const { id, v: _, ...remainder } = message;
      const { destination, project, batch, verdict } = remainder;
      if (verdict) return followUp.bury(remainder, verdict.id, verdict.error);
      if (!("plugin" in destination)) return toPostHog(remainder, id);

      const instance = await instances.find(project, destination.plugin, scope);
      if (!instance) {
        const { plugin } = destination;
        const waits = instances.waiting(project).some((app) => app.plugin === plugin);
        if (waits) return [followUp.again(remainder, PUT_OFF_SECONDS)];
        const error = "the app is disabled, or no longer deployed";
        return batch === undefined
          ? followUp.bury(remainder, `${id}:${plugin}`, error)
          : exports.abandon({ ...remainder, batch }, plugin, error);
      }
      const outgoing = await retryAt(instance, destination.hook, remainder, id, scope);
      void instance.global.save(scope.commands);
      return outgoing;
    },
  };

  function retryAt(
    instance: Instance,
    hook: DeferredHook,
    remainder: Remainder,
    messageId: string,
    scope: Scope,
  ): Promise<OutgoingMessage[]> {
    const { batch } = remainder;
    if (hook !== "exportEvents") return toEventHook(instance, hook, remainder, messageId, scope);
    // Put off before they reached the buffer, or a batch of the buffer that the app could not export.
    return batch === undefined
      ? exports.append(instance, remainder)
      : exports.retry(instance, { ...remainder, batch }, scope);
  }
}

/** An event that an app nested deeper than others can follow would fail all that are handled with it. */
function withoutDepths(event: ProcessedEvent): ProcessedEvent {
  return tameNesting(event, MAX_LEVELS) ? event : (plainJson(event) as ProcessedEvent);
}
