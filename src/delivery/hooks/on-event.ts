import type { Instance } from "../../apps/instance.ts";
import type { Scope } from "../../apps/scope.ts";
import type { ProcessedEvent } from "../../pipeline/index.ts";
import { teamIdOf } from "../../team.ts";
import type { FollowUp, Remainder } from "../follow-up.ts";
import { toPluginEvent } from "../plugin-event.ts";
import type { OutgoingMessage } from "../queue.ts";
import { executeDeferred } from "./execute.ts";

/** Events that one app works on at once: a Worker may wait for six answers at a time. */
const CONCURRENT_EVENTS = 6;

/** Runs `onEvent` over events; resolves to what must be published so that nothing is lost. */
export type OnEventDestination = (
  instance: Instance,
  remainder: Remainder,
  messageId: string,
  scope: Scope,
) => Promise<OutgoingMessage[]>;

/**
 * An app's `onEvent` as a destination. Only events that failed come back, on the hook's schedule; those that would exceed
 * the platform's subrequests go on at once in a message of their own.
 */
export function createOnEventDestination(options: {
  followUp: FollowUp;
  timeoutMs: number;
  subrequestBudget: number;
}): OnEventDestination {
  const { followUp } = options;

  return async (instance, remainder, messageId, scope) => {
    const teamId = teamIdOf(remainder.project);
    const tried = { ...remainder, attempt: remainder.attempt + 1 };
    const failed: ProcessedEvent[] = [];
    const unreached: ProcessedEvent[] = [];
    let delaySeconds = 0;

    const one = async (event: ProcessedEvent): Promise<void> => {
      if (event.event === "$snapshot") return;
      if (scope.subrequests >= options.subrequestBudget) {
        unreached.push(event);
        return;
      }
      const execution = await executeDeferred({
        instance,
        hook: "onEvent",
        scope,
        attempt: tried.attempt,
        timeoutMs: options.timeoutMs,
        call: (meta) => instance.hooks.onEvent?.(toPluginEvent(event, teamId), meta),
      });
      if (execution.outcome === "retry") {
        failed.push(event);
        delaySeconds = execution.delaySeconds;
      } else if (execution.outcome === "dead") {
        const id = `${messageId}:${instance.definition.plugin}:${event.uuid}`;
        await followUp.bury(tried, id, execution.error, [event]);
      }
    };

    await inParallel(remainder.events, CONCURRENT_EVENTS, one);
    return [
      ...(failed.length > 0 ? [followUp.again({ ...tried, events: failed }, delaySeconds)] : []),
      ...(unreached.length > 0 ? [followUp.again({ ...remainder, events: unreached }, 0)] : []),
    ];
  };
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
