import { AsyncLocalStorage } from "node:async_hooks";
import type { Instance } from "../apps/instance.ts";
import { currentInvocation, type Invocation, type Scope } from "../apps/scope.ts";
import type { PluginEvent } from "../event.ts";
import type { EventTrace, Traces } from "../stories/trace.ts";
import { type CallOutcome, callApp, type Link, settle, takeTurn, type Turn } from "./call.ts";
import type { Deadline } from "./deadline.ts";
import { type Markers, setMarkers, takeMarkers } from "./markers.ts";

/** Events that no app's `processEvent` sees (decisions 18). */
export const bypassing: ReadonlySet<string> = new Set(["$snapshot", "$performance_event"]);

/** What became of an event in the chain: it goes on, or an app dropped it. */
export type ChainOutcome = { event: PluginEvent } | { droppedBy: Instance };

export interface ChainOptions {
  instances: readonly Instance[];
  scope: Scope;
  teamId: number;
  deadline: Deadline;
  trustMarkers: boolean;
  /** Follows sampled events; null for nearly all requests. */
  traces?: Traces | null;
}

/**
 * Runs events through every app's `processEvent`, apps strictly in order. Events of one `distinct_id` go in order, those
 * of different people concurrently, but for apps that take one at a time, in the order in which they came (decisions 18b).
 * Outcomes come in the order of the events. Never rejects: what an app throws stays with its event, and is logged.
 *
 * Events are changed in place. Nothing is awaited per event unless an app is asynchronous.
 */
export async function runChain(
  events: readonly PluginEvent[],
  options: ChainOptions,
): Promise<ChainOutcome[]> {
  const links = options.instances
    .filter((instance) => instance.hooks.processEvent)
    .map((instance): Link => {
      const invocation: Invocation = { instance, hook: "processEvent", scope: options.scope };
      return {
        instance,
        invocation,
        tail: instance.definition.sequential ? Promise.resolve() : null,
        reached: 0,
        failed: 0,
        dropped: 0,
        enter: currentInvocation.run(invocation, () => AsyncLocalStorage.snapshot()),
      };
    });
  const deferred = options.instances
    .filter(({ hooks }) => hooks.onEvent ?? hooks.onSnapshot ?? hooks.exportEvents ?? hooks.composeWebhook)
    .map((instance) => instance.label);

  if (links.length === 0 && deferred.length === 0) {
    // No app looks at the events, so that there is no order to keep.
    return events.map((event) => {
      takeMarkers(event, options.trustMarkers);
      return { event };
    });
  }

  const outcomes: ChainOutcome[] = [];
  const lastOfPerson = new Map<string, Promise<unknown>>();
  const running: Promise<unknown>[] = [];
  const hasLines = links.some(({ tail }) => tail);
  events.forEach((event, index) => {
    // Taken now, since an event may start later than some that came after it.
    const turns = hasLines ? links.map(takeTurn) : [];
    const start = () => passThrough(event, links, turns, deferred, options, options.traces?.of(index));
    const end = (result: ChainOutcome) => {
      outcomes[index] = result;
      // Also those that it did not come to.
      for (const turn of turns) turn?.leave();
    };
    // Read before an app can have changed it.
    const person = event.distinct_id;
    const outcome = lastOfPerson.get(person)?.then(start) ?? start();
    if (outcome instanceof Promise) {
      const stored = outcome.then(end);
      lastOfPerson.set(person, stored);
      running.push(stored);
    } else {
      end(outcome);
    }
  });
  if (running.length > 0) await Promise.all(running);
  for (const { instance, reached, failed, dropped } of links) {
    const outcome = { processed: reached - failed - dropped, failed };
    options.scope.hookCounts.processed(instance.definition.plugin, outcome);
  }
  return outcomes;
}

/** One event through all apps; synchronous as long as the apps are. */
function passThrough(
  entered: PluginEvent,
  links: readonly Link[],
  turns: readonly (Turn | undefined)[],
  deferred: readonly string[],
  options: ChainOptions,
  trace: EventTrace | undefined,
): ChainOutcome | Promise<ChainOutcome> {
  const markers = takeMarkers(entered, options.trustMarkers);
  if (bypassing.has(entered.event)) return { event: entered };
  return passFrom(0, entered);

  function passFrom(first: number, current: PluginEvent): ChainOutcome | Promise<ChainOutcome> {
    let event = current;
    for (let index = first; index < links.length; index += 1) {
      const link = links[index];
      if (!link || isNamed(link.instance, markers)) continue;
      if (options.deadline.passed) {
        markers.failed.push(link.instance.label);
        trace?.after(link.instance, event, { thrown: NOT_REACHED });
        continue;
      }
      const outcome = callApp(link, event, options.deadline, turns[index]);
      if (outcome instanceof Promise) {
        return outcome.then((settled) => {
          const next = settleHere(link, event, settled);
          return next ? passFrom(index + 1, next) : { droppedBy: link.instance };
        });
      }
      const next = settleHere(link, event, outcome);
      if (!next) return { droppedBy: link.instance };
      event = next;
    }
    if (markers.succeeded.length > 0 || markers.failed.length > 0 || deferred.length > 0) {
      return { event: setMarkers(event, markers, deferred) };
    }
    return { event };
  }

  function settleHere(link: Link, event: PluginEvent, outcome: CallOutcome): PluginEvent | null {
    const { instance } = link;
    const next = settle(link, event, options.teamId, outcome, markers);
    if (trace) {
      const hasFailed = markers.failed.at(-1) === instance.label;
      trace.after(instance, next, hasFailed ? { thrown: markers.thrown } : undefined);
    }
    return next;
  }
}

const NOT_REACHED = "not reached: the chain had used up its time";

function isNamed({ label }: Instance, { succeeded, failed }: Markers): boolean {
  return succeeded.includes(label) || failed.includes(label);
}
