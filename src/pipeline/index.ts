import { AppPending } from "../apps/errors.ts";
import type { Instance } from "../apps/instance.ts";
import type { Instances } from "../apps/instances.ts";
import type { Scope } from "../apps/scope.ts";
import type { CapturedBatch } from "../event.ts";
import type { Traces } from "../stories/trace.ts";
import { bypassing, runChain } from "./chain.ts";
import { createDeadline, type Deadline, expired } from "./deadline.ts";
import { type Arrival, finish, identityOf, type ProcessedEvent } from "./finish.ts";
import { setMarkers, takeMarkers } from "./markers.ts";

export type { ProcessedEvent } from "./finish.ts";

/** Runs a batch through the apps of its project. */
export type Pipeline = (
  batch: CapturedBatch,
  scope: Scope,
  options?: { trustMarkers?: boolean; traces?: Traces | null },
) => Promise<Processed>;

export interface Processed {
  /** In the order in which they came. */
  events: ProcessedEvent[];
  /** How many events each app dropped, by its folder. */
  dropped: ReadonlyMap<string, number>;
}

/**
 * The way of an event from capture to the queue: every app's `processEvent` in order within the chain's budget, set-up
 * included, then time (decisions 18a). No app can keep an event from going on except by dropping it, or by being one that
 * must not be left out and is not ready: rejects with `AppPending` then.
 */
export function createPipeline(options: {
  instances: Instances;
  chainBudgetMs: number;
  trustPluginMarkers: boolean;
}): Pipeline {
  return async (batch, scope, { trustMarkers = options.trustPluginMarkers, traces = null } = {}) => {
    const deadline = createDeadline(options.chainBudgetMs);
    try {
      const instances = await readyWithin(deadline, batch.project, scope);
      const refusing = options.instances.refusing(batch.project);
      if (refusing && batch.events.some(({ event }) => !bypassing.has(event))) {
        throw new AppPending(batch.project, refusing.plugin, refusing.retryAfterSeconds);
      }
      if (!instances) return unreached(batch, trustMarkers, traces);
      const teamId = batch.events[0]?.team_id ?? 0;
      const arrival = arrivalOf(batch);
      const entered = batch.events.map(identityOf);
      const outcomes = await runChain(batch.events, {
        instances,
        scope,
        teamId,
        deadline,
        trustMarkers,
        traces,
      });
      for (const { global } of instances) void global.save(scope.commands);

      const events: ProcessedEvent[] = [];
      const dropped = new Map<string, number>();
      outcomes.forEach((outcome, index) => {
        const identity = entered[index];
        if ("droppedBy" in outcome) {
          const { plugin } = outcome.droppedBy.definition;
          dropped.set(plugin, (dropped.get(plugin) ?? 0) + 1);
        } else if (identity) {
          const finished = finish(outcome.event, identity, arrival);
          traces?.leave(index, finished);
          events.push(finished);
        }
      });
      return { events, dropped };
    } finally {
      deadline.clear();
    }
  };

  async function readyWithin(
    deadline: Deadline,
    project: string,
    scope: Scope,
  ): Promise<readonly Instance[] | null> {
    const ready = options.instances.ready(project, scope);
    if (!(ready instanceof Promise)) return ready;
    const winner = await Promise.race([ready, deadline.expired()]);
    if (winner !== expired) return winner;
    scope.background(ready);
    return null;
  }

  /** Set-up took the whole budget: the events go on as they are, and say that no app was reached. */
  function unreached(batch: CapturedBatch, trustMarkers: boolean, traces: Traces | null): Processed {
    const { instances } = options;
    const labels = instances
      .definitions(batch.project)
      .filter(({ plugin }) => instances.standing(batch.project, plugin) === "running")
      .map((definition) => `${definition.name} (${definition.id})`);
    const arrival = arrivalOf(batch);
    const events = batch.events.map((event, index) => {
      const markers = takeMarkers(event, trustMarkers);
      setMarkers(event, { ...markers, failed: [...markers.failed, ...labels] }, []);
      const finished = finish(event, event, arrival);
      traces?.leave(index, finished);
      return finished;
    });
    return { events, dropped: new Map() };
  }
}

/** All events of a batch came at the same time. */
function arrivalOf({ events: [first], allowFuture = false }: CapturedBatch): Arrival {
  return { nowMs: Date.parse(first?.now ?? ""), allowFuture };
}
