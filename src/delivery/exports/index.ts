import type { Instance } from "../../apps/instance.ts";
import type { Scope } from "../../apps/scope.ts";
import { deriveId } from "../../derived-id.ts";
import { describeStoreError, type Store } from "../../store.ts";
import type { Stories } from "../../stories/index.ts";
import type { Fate } from "../../stories/story.ts";
import { teamIdOf } from "../../team.ts";
import type { Gate } from "../breaker/gate.ts";
import type { DeadLetters } from "../dead-letters/index.ts";
import type { FollowUp, Remainder, Taken } from "../follow-up.ts";
import type { ExportMessage } from "../message.ts";
import { persist } from "../persist.ts";
import { toPluginEvent } from "../plugin-event.ts";
import { outgoing } from "../publish.ts";
import { redisRetryDelay } from "../redis-retry.ts";
import { readBatch } from "./batch.ts";
import { appendToBuffer, type BufferLimits } from "./buffer.ts";
import { type BatchExecution, type BatchRemainder, createBatchExecution } from "./execute-batch.ts";
import { flushBuffer } from "./flush.ts";
import { withNotes } from "./notes.ts";
import { exportLimits } from "./limits.ts";
import { packEvent, type PackedEvent } from "./packed-event.ts";
import { SHELVED_TOO_LONG, shelveBuffer } from "./shelf.ts";

/** What becomes dead letters unexported does so in parts of this size, in characters. */
const DEAD_LETTER_LIMITS: BufferLimits = { maxSize: 1024 * 1024, maxSeconds: 0 };

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
  /** Exports what is due of the buffer, batch by batch. What comes of a batch counts when the batch goes. */
  flush(instance: Instance, message: ExportMessage, scope: Scope): Promise<Taken>;
  /** Leaves the buffer of an app that does not run for when it does; after a week its events become dead letters. */
  leave(message: ExportMessage, scope: Scope): Promise<Taken>;
  /** Exports a batch again that a `RetryError` had left. */
  retry(instance: Instance, remainder: BatchRemainder, messageId: string, scope: Scope): Promise<Taken>;
  abandon: BatchExecution["abandon"];
  settle: BatchExecution["settle"];
}

export function createExports(options: {
  store: Store;
  followUp: FollowUp;
  deadLetters: DeadLetters;
  stories: Stories;
  timeoutMs: number;
  subrequestBudget: number;
  now: () => Date;
  onFault: (message: string) => void;
}): Exports {
  const { store, followUp } = options;
  const nowMs = () => options.now().getTime();
  const batches = createBatchExecution(options);

  /** Has the batches of a buffer worked on that are due, one after the other. */
  async function takeDue(
    { id, project, plugin, reason }: ExportMessage,
    limits: BufferLimits,
    scope: Scope,
    work: (remainder: BatchRemainder, packed: PackedEvent[]) => Promise<Taken>,
  ): Promise<Taken> {
    let retried = 0;
    let health: Taken["health"];
    const by = { route: "export", id } as const;
    const messages = await flushBuffer<PackedEvent>(
      { project, plugin, by, limits, onlyFull: reason === "size" },
      {
        ...options,
        scope,
        nowMs,
        rest: (delaySeconds) =>
          outgoing("export", { id: deriveId(id, "rest"), project, plugin, reason }, delaySeconds),
        async work(batch, packed) {
          const destination = { plugin, hook: "exportEvents" as const };
          const untried = { project, destination, attempt: 0, firstAt: nowMs(), events: [], batch };
          const taken = await work(untried, packed);
          retried += taken.outcomes.retried ?? 0;
          health = taken.health ?? health;
          return taken.outgoing;
        },
      },
    );
    return { outgoing: messages, outcomes: { retried }, ...(health ? { health } : {}) };
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
      const fateOf =
        (outcome: Fate["outcome"], error?: string): Taken["fateOf"] =>
        (event) =>
          events.includes(event) ? { outcome, ...(error ? { error } : {}) } : { outcome: "ignored" };
      if (events.length === 0) return { outgoing: [], outcomes: { ignored }, fateOf: fateOf("ignored") };
      const later = (delaySeconds: number, why?: string): Taken => ({
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
        // That they wait is not counted: where Redis is away, each count would be a message of its own.
        outcomes: { ignored },
        fateOf: fateOf("put off", why),
      });
      if (!gate.admits || scope.subrequests >= options.subrequestBudget) return later(0);

      scope.subrequests += 1;
      const teamId = teamIdOf(project);
      const items = withNotes(
        events.map((event) => toPluginEvent(event, teamId)),
        remainder,
      ).map((event) => packEvent(event, remainder.locations));
      const appending = { project, plugin, from, items, limits, nowMs: nowMs() };
      const added = await persist(() => appendToBuffer(store, appending)).catch((error: unknown) => {
        const what = `${events.length} events wait in the queue, the buffer did not take them`;
        instance.log("WARN", "SYSTEM", `${what}: ${describeStoreError(error)}`, "exportEvents");
        return null;
      });
      if (!added) return later(redisRetryDelay(remainder.firstAt, nowMs()), "Redis did not take it");
      const flush = (reason: ExportMessage["reason"], delaySeconds: number) =>
        outgoing("export", { id: deriveId(from.id, plugin, reason), project, plugin, reason }, delaySeconds);
      return {
        outgoing: [
          ...(added.full ? [flush("size", 0)] : []),
          ...(added.first ? [flush("time", limits.maxSeconds)] : []),
        ],
        outcomes: { ignored },
        fateOf: fateOf("buffered"),
      };
    },

    flush: (instance, message, scope) =>
      takeDue(message, exportLimits(instance), scope, (remainder, packed) =>
        batches.execute(instance, remainder, packed, message.id, scope),
      ),

    async leave(message, scope) {
      const { id, project, plugin } = message;
      if (await shelveBuffer(store, project, plugin, nowMs())) return { outgoing: [], outcomes: {} };
      return takeDue({ ...message, reason: "time" }, DEAD_LETTER_LIMITS, scope, (remainder) =>
        batches.abandon(remainder, plugin, SHELVED_TOO_LONG, id, scope),
      );
    },

    async retry(instance, remainder, messageId, scope) {
      const { project, batch } = remainder;
      scope.subrequests += 1;
      const { plugin } = instance.definition;
      const packed = await readBatch<PackedEvent>(store, { project, plugin, batch });
      // Gone: an earlier delivery of this message has exported it already.
      if (!packed) return batches.settle(remainder, plugin, {}, messageId);
      return batches.execute(instance, remainder, packed, messageId, scope);
    },

    abandon: batches.abandon,
    settle: batches.settle,
  };
}
