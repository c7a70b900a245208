import { countsAt, type Outcomes } from "../../accounts/counts.ts";
import { summariseThrown } from "../../apps/describe-thrown.ts";
import { isRetry } from "../../apps/errors.ts";
import type { Instance } from "../../apps/instance.ts";
import type { Scope } from "../../apps/scope.ts";
import type { ClientLocation } from "../../event.ts";
import type { Script } from "../../script.ts";
import { describeStoreError, type Store } from "../../store.ts";
import type { Stories } from "../../stories/index.ts";
import type { Fate } from "../../stories/story.ts";
import type { DeadLetters } from "../dead-letters/index.ts";
import type { FollowUp, Remainder, Taken } from "../follow-up.ts";
import { executeDeferred } from "../hooks/execute.ts";
import { persist } from "../persist.ts";
import { redisRetryDelay } from "../redis-retry.ts";
import { acknowledgement, expectBatch, readBatch } from "./batch.ts";
import { type Notes, takeNotes } from "./notes.ts";
import { type PackedEvent, unpackEvents } from "./packed-event.ts";

/** A batch on its way to `exportEvents`; its events are in Redis. */
export type BatchRemainder = Remainder & { batch: string };

/** What happens to a batch once it has been taken out of its buffer. */
export interface BatchExecution {
  /** Runs `exportEvents` over a batch; it stays in Redis until it is done with or has become a dead letter. */
  execute(
    instance: Instance,
    remainder: BatchRemainder,
    packed: PackedEvent[],
    messageId: string,
    scope: Scope,
  ): Promise<Taken>;
  /** Makes a batch a dead letter, as Redis holds it: the app may have changed the events that it was given. */
  abandon(
    remainder: BatchRemainder,
    plugin: string,
    error: string,
    messageId: string,
    scope: Scope,
  ): Promise<Taken>;
  /**
   * Forgets a batch and counts what became of it, once. While Redis refuses, a message does so later, because the batch would
   * be exported again otherwise. Never rejects.
   */
  settle(remainder: BatchRemainder, plugin: string, outcomes: Outcomes, messageId: string): Promise<Taken>;
}

export function createBatchExecution(options: {
  store: Store;
  followUp: FollowUp;
  deadLetters: DeadLetters;
  stories: Stories;
  timeoutMs: number;
  now: () => Date;
  onFault: (message: string) => void;
}): BatchExecution {
  const { store, followUp } = options;
  const nowMs = () => options.now().getTime();

  async function execute(
    instance: Instance,
    remainder: BatchRemainder,
    packed: PackedEvent[],
    messageId: string,
    scope: Scope,
  ): Promise<Taken> {
    const { project, batch } = remainder;
    const { plugin } = instance.definition;
    const { exportEvents } = instance.hooks;
    const events = unpackEvents(packed, scope.locations);
    const tried = { ...remainder, attempt: remainder.attempt + 1 };
    const notes = takeNotes(events);
    scope.raiseGeneration(notes.generation);
    // The app may take events out of what it is given.
    const { length } = packed;
    const execution = await executeDeferred({
      instance,
      hook: "exportEvents",
      scope,
      attempt: tried.attempt,
      timeoutMs: options.timeoutMs,
      call: (meta) => exportEvents?.(events, meta),
    });
    scope.subrequests += 1;
    switch (execution.outcome) {
      case "retry": {
        const { delaySeconds } = execution;
        tell(tried, plugin, notes, scope, { outcome: "retried", error: summariseThrown(execution.thrown) });
        // At worst the sweep takes the batch for stranded, and it is exported before its time.
        await expectBatch(store, { project, plugin, batch }, nowMs() + delaySeconds * 1000).catch(() => {});
        const again = followUp.again(tried, delaySeconds, messageId, plugin, batch);
        return { outgoing: [again], outcomes: { retried: length }, ...down(execution.thrown) };
      }
      case "dead": {
        const buried = await abandon(tried, plugin, execution.error, messageId, scope);
        return { ...buried, ...down(execution.thrown) };
      }
      case "done": {
        tell(tried, plugin, notes, scope, { outcome: "delivered" });
        const settled = await settle(tried, plugin, { delivered: length }, messageId);
        return { ...settled, health: { is: "up" } };
      }
    }
  }

  async function abandon(
    remainder: BatchRemainder,
    plugin: string,
    error: string,
    messageId: string,
    scope: Scope,
  ): Promise<Taken> {
    const { project, batch } = remainder;
    const packed = await persist(() => readBatch<PackedEvent>(store, { project, plugin, batch }));
    if (!packed) return settle(remainder, plugin, {}, messageId);
    const known = new Map<string, ClientLocation>();
    const events = unpackEvents(packed, known);
    const notes = takeNotes(events);
    const { sampled } = notes;
    const generation = Math.max(remainder.generation ?? 0, notes.generation);
    const locations = [...known.values()];
    const whole = { ...remainder, generation, locations, ...(sampled ? { sampled } : {}) };
    const buried = followUp.bury(whole, [{ id: `${batch}:${plugin}`, error, events }], messageId);
    const burials = buried.burials ?? [];
    tell(remainder, plugin, notes, scope, { outcome: "dead", error: burials[0]?.letter.error ?? error });
    try {
      const letters = burials.map(({ letter }) => letter);
      await persist(() => options.deadLetters.add(letters, forgetting(remainder, plugin, buried.outcomes)));
      return { outgoing: [], outcomes: {} };
    } catch (fault) {
      options.onFault(
        `a batch of ${plugin} waits in the queue to be a dead letter, Redis did not take it: ${describeStoreError(fault)}`,
      );
      const settled = await settle(remainder, plugin, buried.outcomes, messageId);
      return { ...settled, outgoing: [...burials.map(({ message }) => message()), ...settled.outgoing] };
    }
  }

  /** Tells the followed events of a batch what became of it. */
  function tell(
    { project, attempt, replays }: BatchRemainder,
    plugin: string,
    { sampled }: Notes,
    scope: Scope,
    fate: Fate,
  ): void {
    if (!sampled) return;
    const journal = options.stories.journal({ project, sampled });
    journal?.note({
      destination: { plugin, hook: "exportEvents" },
      attempt,
      ...(replays ? { replays } : {}),
      events: sampled.ids.map((uuid) => ({ uuid })),
      fateOf: () => fate,
    });
    journal?.keep(scope);
  }

  function forgetting({ project, batch }: BatchRemainder, plugin: string, outcomes: Outcomes): Script {
    const counts = countsAt({ plugin, hook: "exportEvents" }, outcomes);
    return acknowledgement({ project, plugin, batch, counts, nowMs: nowMs() });
  }

  async function settle(
    remainder: BatchRemainder,
    plugin: string,
    outcomes: Outcomes,
    messageId: string,
  ): Promise<Taken> {
    try {
      await persist(() => store.eval(...forgetting(remainder, plugin, outcomes)));
      return { outgoing: [], outcomes: {} };
    } catch {
      // It is the message that says so, to whoever looks why Redis is asked later.
      const later = { ...remainder, settled: outcomes };
      const { batch } = remainder;
      const delaySeconds = redisRetryDelay(remainder.firstAt, nowMs());
      const message = followUp.again(later, delaySeconds, messageId, plugin, batch, "settled");
      return { outgoing: [message], outcomes: {} };
    }
  }

  return { execute, abandon, settle };
}

/** What the app threw shows that its destination is down only if it asked to be run again. */
function down(thrown: unknown): Pick<Taken, "health"> {
  return isRetry(thrown) ? { health: { is: "down", why: summariseThrown(thrown) } } : {};
}
