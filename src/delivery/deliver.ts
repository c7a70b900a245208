import {
  type Counts,
  countsAt,
  countsOfAccepted,
  countsOfDropped,
  fields,
  sumCounts,
} from "../accounts/counts.ts";
import type { Instance } from "../apps/instance.ts";
import type { Instances } from "../apps/instances.ts";
import type { Scope } from "../apps/scope.ts";
import { tameNesting } from "../capture/nesting.ts";
import { MAX_LEVELS, plainJson } from "../json.ts";
import type { Stories } from "../stories/index.ts";
import type { Fate } from "../stories/story.ts";
import type { ProcessedEvent } from "../pipeline/index.ts";
import type { Gate } from "./breaker/gate.ts";
import { destinationName } from "./breaker/health.ts";
import type { Exports } from "./exports/index.ts";
import type { FollowUp, Remainder, Taken } from "./follow-up.ts";
import { type EventHookDestination, eventHooks } from "./hooks/event-hooks.ts";
import type { DeliverMessage, Destination } from "./message.ts";
import type { PostHogDestination } from "./posthog/index.ts";
import type { Run } from "./progress/run.ts";

/** How long the work of an app that is not set up yet is put off. */
export const PUT_OFF_SECONDS = 10;

export interface Destinations {
  /** Null when there is no PostHog to send to. */
  toPostHog: PostHogDestination | null;
  toEventHook: EventHookDestination;
  exports: Exports;
}

/**
 * Takes a message's events to all destinations side by side: PostHog, every app's hooks, every exporting app's buffer, each a
 * step of the message. What goes to one that is down waits in its lane. One that fails keeps none from the others, and Redis being away keeps none: what it should take
 * waits in the queue. Duplicates go nowhere.
 */
export type Deliver = (message: DeliverMessage, scope: Scope, run: Run) => Promise<void>;

export function createDeliver(options: {
  instances: Instances;
  destinations: Destinations;
  followUp: FollowUp;
  stories: Stories;
  now: () => Date;
}): Deliver {
  const { instances, followUp, stories } = options;
  const { toPostHog, toEventHook, exports } = options.destinations;

  return async (message, scope, run) => {
    const { id, project, historical, locations, generation, sampled } = message;
    const journal = stories.journal(message);
    const events = message.events.filter((_, position) => !run.duplicates.has(position)).map(withoutDepths);
    const firstAt = options.now().getTime();
    const untried = {
      project,
      events,
      attempt: 0,
      firstAt,
      ...(locations ? { locations } : {}),
      ...(generation ? { generation } : {}),
      ...(sampled ? { sampled } : {}),
    };
    const steps: Promise<void>[] = [];

    /** Begins one destination's step. An app that has left something by its end is recorded with what it left. */
    const take = (to: Destination, work: (remainder: Remainder, gate: Gate) => Taken | Promise<Taken>) => {
      const plugin = "plugin" in to ? to.plugin : null;
      const name = destinationName(to);
      const step = async () => {
        const { outcomes, health, fateOf, ...rest } = await work(
          { ...untried, destination: to },
          run.gate(name),
        );
        if (health) run.observe(name, health);
        journal?.note({ destination: to, attempt: 1, events, fateOf });
        const waited = plugin === null ? {} : scope.hookCounts.take(to.hook, plugin);
        return { ...rest, counts: { ...countsAt(to, { ...outcomes, routed: events.length }), ...waited } };
      };
      const mayRecord = () => plugin === null || !scope.isAuthor(plugin);
      steps.push(run.step(name, step, mayRecord));
    };

    const ready = await instances.ready(project, scope);
    const counts = chainCounts(message, run, firstAt);
    steps.push(run.step("chain", async () => ({ outgoing: [], counts })));
    if (events.length > 0) {
      if (toPostHog) {
        take({ hook: "posthog" }, (remainder, gate) =>
          toPostHog({ ...remainder, ...(historical ? { historical } : {}) }, id, scope, gate),
        );
      }
      for (const instance of ready) takeToApp(instance);
      for (const { plugin, hooks } of instances.waiting(project)) {
        for (const hook of [...eventHooks, "exportEvents"] as const) {
          if (hooks[hook]) take({ plugin, hook }, (remainder) => putOff(remainder, `${hook} ${plugin}`));
        }
      }
    }
    journal?.note({
      destination: { hook: "delivery" },
      attempt: 1,
      events: message.events.filter((_, position) => run.duplicates.has(position)),
      fateOf: () => ({ outcome: "duplicate" }),
    });
    await allOf(steps).finally(() => journal?.keep(scope));
    for (const { global } of ready) void global.save(scope.commands);

    function takeToApp(instance: Instance): void {
      const { plugin } = instance.definition;
      for (const hook of eventHooks) {
        if (instance.hooks[hook])
          take({ plugin, hook }, (remainder, gate) =>
            toEventHook(instance, hook, remainder, id, scope, gate),
          );
      }
      if (instance.hooks.exportEvents)
        take({ plugin, hook: "exportEvents" }, (remainder, gate) =>
          exports.append(instance, remainder, { route: "deliver", id }, id, scope, gate),
        );
    }

    function putOff(remainder: Remainder, step: string): Taken {
      const again = followUp.again(remainder, PUT_OFF_SECONDS, id, step, "put off");
      return { outgoing: [again], outcomes: {}, fateOf: () => NOT_SET_UP };
    }
  };
}

const NOT_SET_UP: Fate = { outcome: "put off", error: "the app is not set up yet" };

/** What capture and the chain did to the request of which these events are what is left. */
function chainCounts(
  { events, dropped = {}, chain = {} }: DeliverMessage,
  { duplicates }: Run,
  atMs: number,
): Counts {
  const lost = Object.values(dropped).reduce((sum, number) => sum + number, 0);
  return sumCounts([
    countsOfAccepted(events.length + lost, atMs),
    countsOfDropped(dropped),
    chain,
    duplicates.size > 0 ? { [fields.duplicate]: duplicates.size } : {},
  ]);
}

/** Waits for all, whatever becomes of each, so that nothing runs on after the message was given up; then rejects as the first did. */
async function allOf(steps: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(steps);
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

/** An event that an app nested deeper than others can follow would fail all that are handled with it. */
function withoutDepths(event: ProcessedEvent): ProcessedEvent {
  return tameNesting(event, MAX_LEVELS) ? event : (plainJson(event) as ProcessedEvent);
}
