import { isRetry } from "../../apps/errors.ts";
import { createAppFetch } from "../../apps/fetch.ts";
import { summariseThrown } from "../../apps/describe-thrown.ts";
import type { Instance } from "../../apps/instance.ts";
import type { Scope } from "../../apps/scope.ts";
import type { ProcessedEvent } from "../../pipeline/index.ts";
import { teamIdOf } from "../../team.ts";
import type { Gate } from "../breaker/gate.ts";
import { type FollowUp, HELD, type Remainder, type Taken, type Verdict } from "../follow-up.ts";
import { toPluginEvent } from "../plugin-event.ts";
import { sendWebhook } from "./compose-webhook.ts";
import { executeDeferred } from "./execute.ts";

/** Events that one app works on at once: a Worker may wait for six answers at a time. */
const CONCURRENT_EVENTS = 6;

/** Hooks that get one event at a time, after the chain. */
export const eventHooks = ["onEvent", "onSnapshot", "composeWebhook"] as const;
export type EventHook = (typeof eventHooks)[number];

/** Recordings go to `onSnapshot` and to nothing else (runtime 3.7). */
export function isFor(hook: EventHook, { event }: ProcessedEvent): boolean {
  return (event === "$snapshot") === (hook === "onSnapshot");
}

/** Runs one such hook over events. Never rejects. */
export type EventHookDestination = (
  instance: Instance,
  hook: EventHook,
  remainder: Remainder,
  messageId: string,
  scope: Scope,
  gate: Gate,
) => Promise<Taken>;

/**
 * An app's hook as a destination. Only events that failed come back, on the hook's schedule; those that would exceed the
 * platform's subrequests go on at once in a message of their own. While the breaker is open all wait in the lane, and a
 * probe runs the hook over one event before it does so over the others.
 */
export function createEventHookDestination(options: {
  followUp: FollowUp;
  timeoutMs: number;
  subrequestBudget: number;
  fetch: typeof fetch;
}): EventHookDestination {
  const { followUp } = options;
  const appFetch = createAppFetch(options.fetch);

  return async (instance, hook, remainder, messageId, scope, gate) => {
    const { plugin } = instance.definition;
    const teamId = teamIdOf(remainder.project);
    // Detached, as all hooks are called (decisions 3).
    const callHook = instance.hooks[hook];
    const tried = { ...remainder, attempt: remainder.attempt + 1 };
    const events = remainder.events.filter((event) => isFor(hook, event));
    const ignored = remainder.events.length - events.length;
    const later = (part: Remainder, seconds: number, kind: string) =>
      part.events.length > 0
        ? [followUp.inLane(gate.pace, part, seconds, messageId, plugin, hook, kind)]
        : [];
    if (!gate.admits) {
      return {
        outgoing: later({ ...remainder, events }, 0, "held"),
        outcomes: { ignored },
        fateOf: (event) => (isFor(hook, event) ? HELD : { outcome: "ignored" }),
      };
    }
    /** The events to be tried again, with what each failed with. */
    const failed = new Map<ProcessedEvent, string>();
    const unreached: ProcessedEvent[] = [];
    const verdicts: Verdict[] = [];
    let delaySeconds = 0;
    let thrown: unknown;

    const take = async (event: ProcessedEvent) => {
      const isHopeless = gate.pace !== null && isRetry(thrown);
      if (isHopeless || scope.subrequests >= options.subrequestBudget) {
        unreached.push(event);
        return;
      }
      const execution = await executeDeferred({
        instance,
        hook,
        scope,
        attempt: tried.attempt,
        timeoutMs: options.timeoutMs,
        call: (meta) =>
          hook === "composeWebhook"
            ? sendWebhook(instance, event, teamId, meta, appFetch)
            : callHook?.(toPluginEvent(event, teamId), meta),
      });
      if (execution.outcome !== "done" && isRetry(execution.thrown)) ({ thrown } = execution);
      if (execution.outcome === "retry") {
        failed.set(event, summariseThrown(execution.thrown));
        delaySeconds = execution.delaySeconds;
      } else if (execution.outcome === "dead") {
        const id = `${messageId}:${plugin}:${hook}:${event.uuid}`;
        verdicts.push({ id, error: execution.error, events: [event] });
      }
    };
    const [first, ...others] = events;
    if (gate.pace !== null && first) await take(first);
    await inParallel(gate.pace === null ? events : others, CONCURRENT_EVENTS, take);

    const buried = followUp.bury(tried, verdicts, messageId);
    const delivered = events.length - failed.size - unreached.length - verdicts.length;
    return {
      outgoing: [
        ...later({ ...tried, events: [...failed.keys()] }, delaySeconds, "failed"),
        ...later({ ...remainder, events: unreached }, 0, "unreached"),
      ],
      outcomes: {
        ignored,
        delivered,
        retried: failed.size,
        ...buried.outcomes,
      },
      ...(buried.burials ? { burials: buried.burials } : {}),
      ...healthOf(delivered, thrown),
      fateOf(event) {
        if (!isFor(hook, event)) return { outcome: "ignored" };
        const error = failed.get(event);
        if (error !== undefined) return { outcome: "retried", error };
        if (unreached.includes(event)) return { outcome: "put off" };
        const isDead = verdicts.some(({ events: [dead] }) => dead === event);
        return (isDead ? buried.fateOf?.(event) : undefined) ?? { outcome: "delivered" };
      },
    };
  };
}

/** One event that was taken shows that the app's service is there, whatever became of the others. */
function healthOf(delivered: number, thrown: unknown): Pick<Taken, "health"> {
  if (delivered > 0) return { health: { is: "up" } };
  return isRetry(thrown) ? { health: { is: "down", why: summariseThrown(thrown) } } : {};
}

/** Runs `work` over items, `concurrency` at a time, begun in their order. */
async function inParallel<Item>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
}
