import { type Counts, countsAt, type Outcomes } from "../../accounts/counts.ts";
import type { Instance } from "../../apps/instance.ts";
import { isRetry } from "../../apps/errors.ts";
import type { Scope } from "../../apps/scope.ts";
import { deriveId } from "../../derived-id.ts";
import { describeStoreError, type Store } from "../../store.ts";
import { teamIdOf } from "../../team.ts";
import { summariseThrown } from "../../apps/describe-thrown.ts";
import type { Gate } from "../breaker/gate.ts";
import { type FollowUp, REDIS_RETRY_SECONDS, type Remainder, type Taken } from "../follow-up.ts";
import { executeDeferred } from "../hooks/execute.ts";
import type { ExportMessage } from "../message.ts";
import { toPluginEvent } from "../plugin-event.ts";
import { outgoing } from "../publish.ts";
import type { OutgoingMessage } from "../queue.ts";
import { acknowledgeBatch, expectBatch, readBatch, takeBatch } from "./batch.ts";
import { appendToBuffer } from "./buffer.ts";
import { takeGeneration, withGeneration } from "./generation.ts";
import { exportLimits } from "./limits.ts";
import { packEvent, type PackedEvent, unpackEvents } from "./packed-event.ts";

/** Batches that one flush exports before it hands over to the next message. */
const MAX_BATCHES_PER_FLUSH = 20;

/** An exporting app's buffer, from events coming in to `exportEvents` acknowledging them. */
export interface Exports {
  /**
   * Puts events into the app's buffer durably, and has the messages published that will flush it: one when it is full, one
   * for its time when it was empty. While Redis refuses, one that brings the events here again. In the name of one message
   * (`from`) that happens once. While the app fails to export, events wait in the queue and not in the buffer, which would
   * grow. Never rejects.
   */
  append(
    instance: Instance,
    remainder: Remainder,
    from: NonNullable<Remainder["from"]>,
    messageId: string,
    scope: Scope,
    gate: Gate,
  ): Promise<Taken>;
  /** Exports what is due of the buffer, batch by batch. */
  flush(instance: Instance, message: ExportMessage, scope: Scope): Promise<Taken>;
  /** Exports a batch again that a `RetryError` had left. */
  retry(instance: Instance, remainder: BatchRemainder, messageId: string, scope: Scope): Promise<Taken>;
  /** Makes a batch a dead letter, as Redis holds it: the app may have changed the events that it was given. */
  abandon(remainder: BatchRemainder, plugin: string, error: string, messageId: string): Promise<Taken>;
}

type BatchRemainder = Remainder & { batch: string };

export function createExports(options: {
  store: Store;
  followUp: FollowUp;
  timeoutMs: number;
  subrequestBudget: number;
  now: () => Date;
}): Exports {
  const { store, followUp } = options;
  const nowMs = () => options.now().getTime();

  /** Runs `exportEvents` over a batch; the batch stays in Redis until it is done with or has become a dead letter. */
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
    scope.raiseGeneration(takeGeneration(events));
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
        // At worst the sweep takes the batch for stranded, and it is exported before its time.
        await expectBatch(store, { project, plugin, batch }, nowMs() + delaySeconds * 1000).catch(() => {});
        const again = followUp.again(tried, delaySeconds, messageId, plugin, batch);
        return { outgoing: [again], outcomes: { retried: length }, ...down(execution.thrown) };
      }
      case "dead": {
        const buried = await abandon(tried, plugin, execution.error, messageId);
        return { ...buried, ...down(execution.thrown) };
      }
      case "done":
        await acknowledge(
          tried,
          plugin,
          { delivered: length },
          scope.hookCounts.take("exportEvents", plugin),
        );
        return { outgoing: [], outcomes: {}, health: { is: "up" } };
    }
  }

  /** What became of a batch counts when the batch goes, and so once. */
  async function acknowledge(
    { project, batch }: BatchRemainder,
    plugin: string,
    outcomes: Outcomes,
    waited: Counts = {},
  ): Promise<void> {
    const counts = { ...countsAt({ plugin, hook: "exportEvents" }, outcomes), ...waited };
    await acknowledgeBatch(store, { project, plugin, batch, counts, nowMs: nowMs() });
  }

  async function abandon(
    remainder: BatchRemainder,
    plugin: string,
    error: string,
    messageId: string,
  ): Promise<Taken> {
    const { project, batch } = remainder;
    const packed = await readBatch<PackedEvent>(store, { project, plugin, batch });
    const events = packed && unpackEvents(packed);
    if (events) takeGeneration(events);
    const verdicts = events ? [{ id: `${batch}:${plugin}`, error, events }] : [];
    const { outgoing: messages, outcomes } = await followUp.bury(remainder, verdicts, messageId);
    await acknowledge(remainder, plugin, outcomes);
    return { outgoing: messages, outcomes: {} };
  }

  return {
    async append(instance, remainder, from, messageId, scope, gate) {
      const { project } = remainder;
      const { plugin } = instance.definition;
      const limits = exportLimits(instance);
      const events = remainder.events.filter(
        ({ event }) => event !== "$snapshot" && !limits.ignored.has(event),
      );
      const ignored = remainder.events.length - events.length;
      if (events.length === 0) return { outgoing: [], outcomes: { ignored } };
      const later = (delaySeconds: number, retried: number): Taken => ({
        outgoing: [
          followUp.inLane(
            gate.pace,
            { ...remainder, events, from },
            delaySeconds,
            messageId,
            plugin,
            "append",
          ),
        ],
        outcomes: { ignored, retried },
      });
      if (!gate.admits) return later(0, 0);
      if (scope.subrequests >= options.subrequestBudget) return later(0, 0);

      scope.subrequests += 1;
      const teamId = teamIdOf(project);
      const added = await appendToBuffer(store, {
        project,
        plugin,
        from,
        items: withGeneration(
          events.map((event) => toPluginEvent(event, teamId)),
          remainder.generation,
        ).map((event) => packEvent(event, remainder.locations)),
        limits,
        nowMs: nowMs(),
      }).catch((error: unknown) => {
        const what = `${events.length} events wait in the queue, the buffer did not take them`;
        instance.log("WARN", "SYSTEM", `${what}: ${describeStoreError(error)}`, "exportEvents");
        return null;
      });
      if (!added) return later(REDIS_RETRY_SECONDS, events.length);
      const flush = (reason: ExportMessage["reason"], delaySeconds: number) =>
        outgoing("export", { id: deriveId(from.id, plugin, reason), project, plugin, reason }, delaySeconds);
      return {
        outgoing: [
          ...(added.full ? [flush("size", 0)] : []),
          ...(added.first ? [flush("time", limits.maxSeconds)] : []),
        ],
        outcomes: { ignored },
      };
    },

    async flush(instance, { id, project, plugin, reason }, scope) {
      const limits = exportLimits(instance);
      const messages: OutgoingMessage[] = [];
      let health: Taken["health"];
      const soFar = (...more: OutgoingMessage[]): Taken => {
        return { outgoing: [...messages, ...more], outcomes: {}, ...(health ? { health } : {}) };
      };
      for (let index = 0; ; index += 1) {
        if (index === MAX_BATCHES_PER_FLUSH || scope.subrequests >= options.subrequestBudget) {
          return soFar(outgoing("export", { id: deriveId(id, "rest"), project, plugin, reason }));
        }
        const batch = `${id}:${index}`;
        const onlyFull = reason === "size";
        const taking = { project, plugin, batch, limits, onlyFull, nowMs: nowMs() };
        const { items, full } = await takeBatch<PackedEvent>(store, taking);
        scope.subrequests += 1;
        if (!items) return soFar();
        const remainder = {
          project,
          destination: { plugin, hook: "exportEvents" as const },
          attempt: 0,
          firstAt: nowMs(),
          events: [],
          batch,
        };
        const taken = await execute(instance, remainder, items, id, scope);
        messages.push(...taken.outgoing);
        health = taken.health ?? health;
        if (onlyFull && !full) return soFar();
      }
    },

    async retry(instance, remainder, messageId, scope) {
      const { project, batch } = remainder;
      scope.subrequests += 1;
      const { plugin } = instance.definition;
      const packed = await readBatch<PackedEvent>(store, { project, plugin, batch });
      // Gone: an earlier delivery of this message has exported it already.
      return packed ? execute(instance, remainder, packed, messageId, scope) : { outgoing: [], outcomes: {} };
    },

    abandon,
  };
}

/** What the app threw shows that its destination is down only if it asked to be run again. */
function down(thrown: unknown): Pick<Taken, "health"> {
  return isRetry(thrown) ? { health: { is: "down", why: summariseThrown(thrown) } } : {};
}
