import type { Instance } from "../../apps/instance.ts";
import type { Scope } from "../../apps/scope.ts";
import { describeStoreError, type Store } from "../../store.ts";
import { teamIdOf } from "../../team.ts";
import { type FollowUp, REDIS_RETRY_SECONDS, type Remainder } from "../follow-up.ts";
import { executeDeferred } from "../hooks/execute.ts";
import { encodeMessage, type ExportMessage, MESSAGE_VERSION } from "../message.ts";
import { bufferMessage } from "../buffers/message.ts";
import { toPluginEvent } from "../plugin-event.ts";
import type { OutgoingMessage } from "../queue.ts";
import { acknowledgeBatch, appendToBuffer, overdueBuffers, readBatch, takeBatch } from "./buffer.ts";
import { takeGeneration, withGeneration } from "./generation.ts";
import { exportLimits } from "./limits.ts";
import { packEvent, type PackedEvent, unpackEvents } from "./packed-event.ts";

/** Batches that one flush exports before it hands over to the next message. */
const MAX_BATCHES_PER_FLUSH = 20;

/** A buffer's own message may be this late before the sweep takes over, and this many are swept at a time. */
const SWEEP_GRACE_MS = 60_000;
const MAX_SWEPT = 100;

/** An exporting app's buffer, from events coming in to `exportEvents` acknowledging them. */
export interface Exports {
  /**
   * Puts events into the app's buffer durably, and resolves to the messages that will flush it: one when it is full, one
   * for its time when it was empty. While Redis refuses, to one that brings the events here again. Never rejects.
   */
  append(instance: Instance, remainder: Remainder): Promise<OutgoingMessage[]>;
  /** Exports what is due of the buffer, batch by batch. Resolves to what must be published. */
  flush(instance: Instance, message: ExportMessage, scope: Scope): Promise<OutgoingMessage[]>;
  /** Exports a batch again that a `RetryError` had left. */
  retry(instance: Instance, remainder: BatchRemainder, scope: Scope): Promise<OutgoingMessage[]>;
  /**
   * Messages for buffers whose own message was lost, those that apps made themselves included: they are flushed late
   * rather than never. One Redis command.
   */
  sweep(isDeployed: (project: string, plugin: string) => boolean): Promise<OutgoingMessage[]>;
  /** Makes a batch a dead letter, as Redis holds it: the app may have changed the events that it was given. */
  abandon(remainder: BatchRemainder, plugin: string, error: string): Promise<OutgoingMessage[]>;
}

type BatchRemainder = Remainder & { batch: string };

export function createExports(options: {
  store: Store;
  followUp: FollowUp;
  timeoutMs: number;
  subrequestBudget: number;
  now: () => Date;
  uuid: () => string;
}): Exports {
  const { store, followUp } = options;

  const flushMessage = (project: string, plugin: string, reason: ExportMessage["reason"]) =>
    encodeMessage({ v: MESSAGE_VERSION, id: options.uuid(), project, plugin, reason });

  /** Runs `exportEvents` over a batch; the batch stays in Redis until it is done with or has become a dead letter. */
  async function execute(
    instance: Instance,
    remainder: BatchRemainder,
    packed: PackedEvent[],
    scope: Scope,
  ): Promise<OutgoingMessage[]> {
    const { plugin } = instance.definition;
    const { exportEvents } = instance.hooks;
    const events = unpackEvents(packed, scope.locations);
    const tried = { ...remainder, attempt: remainder.attempt + 1 };
    scope.raiseGeneration(takeGeneration(events));
    const execution = await executeDeferred({
      instance,
      hook: "exportEvents",
      scope,
      attempt: tried.attempt,
      timeoutMs: options.timeoutMs,
      call: (meta) => exportEvents?.(events, meta),
    });
    if (execution.outcome === "retry") return [followUp.again(tried, execution.delaySeconds)];
    if (execution.outcome === "dead") return abandon(tried, plugin, execution.error);
    await acknowledgeBatch(store, remainder.project, plugin, remainder.batch);
    return [];
  }

  async function abandon(
    remainder: BatchRemainder,
    plugin: string,
    error: string,
  ): Promise<OutgoingMessage[]> {
    const { project, batch } = remainder;
    const packed = await readBatch<PackedEvent>(store, project, plugin, batch);
    const events = packed && unpackEvents(packed);
    if (events) takeGeneration(events);
    const outgoing = events ? await followUp.bury(remainder, `${batch}:${plugin}`, error, events) : [];
    await acknowledgeBatch(store, project, plugin, batch);
    return outgoing;
  }

  return {
    async append(instance, remainder) {
      const { project } = remainder;
      const { plugin } = instance.definition;
      const limits = exportLimits(instance);
      const wanted = remainder.events.filter(
        ({ event }) => event !== "$snapshot" && !limits.ignored.has(event),
      );
      if (wanted.length === 0) return [];
      const teamId = teamIdOf(project);
      const added = await appendToBuffer(store, {
        project,
        plugin,
        items: withGeneration(
          wanted.map((event) => toPluginEvent(event, teamId)),
          remainder.generation,
        ).map((event) => packEvent(event, remainder.locations)),
        limits,
        now: options.now().getTime(),
      }).catch((error: unknown) => {
        const what = `${wanted.length} events wait in the queue, the buffer did not take them`;
        instance.log("WARN", "SYSTEM", `${what}: ${describeStoreError(error)}`, "exportEvents");
        return null;
      });
      if (!added) return [followUp.again({ ...remainder, events: wanted }, REDIS_RETRY_SECONDS)];
      const messages: OutgoingMessage[] = [];
      if (added.full) messages.push({ route: "export", body: flushMessage(project, plugin, "size") });
      if (added.first) {
        const body = flushMessage(project, plugin, "time");
        messages.push({ route: "export", body, delaySeconds: limits.maxSeconds });
      }
      return messages;
    },

    async flush(instance, { id, project, plugin, reason }, scope) {
      const limits = exportLimits(instance);
      const outgoing: OutgoingMessage[] = [];
      for (let index = 0; ; index += 1) {
        if (index === MAX_BATCHES_PER_FLUSH || scope.subrequests >= options.subrequestBudget) {
          return [...outgoing, { route: "export", body: flushMessage(project, plugin, reason) }];
        }
        const batch = `${id}:${index}`;
        const onlyFull = reason === "size";
        const where = { project, plugin, batch };
        const { items, full } = await takeBatch<PackedEvent>(store, { ...where, limits, onlyFull });
        scope.subrequests += 1;
        if (!items) return outgoing;
        const remainder = {
          project,
          destination: { plugin, hook: "exportEvents" as const },
          attempt: 0,
          firstAt: options.now().getTime(),
          events: [],
          batch,
        };
        outgoing.push(...(await execute(instance, remainder, items, scope)));
        if (onlyFull && !full) return outgoing;
      }
    },

    async retry(instance, remainder, scope) {
      const { plugin } = instance.definition;
      const packed = await readBatch<PackedEvent>(store, remainder.project, plugin, remainder.batch);
      // Gone: an earlier delivery of this message has exported it already.
      return packed ? execute(instance, remainder, packed, scope) : [];
    },

    async sweep(isDeployed) {
      const nowMs = options.now().getTime();
      const overdue = await overdueBuffers(store, nowMs - SWEEP_GRACE_MS, MAX_SWEPT);
      return overdue
        .filter(({ project, plugin }) => isDeployed(project, plugin))
        .map(({ project, plugin, buffer, batch }) => {
          if (buffer === null) return { route: "export", body: flushMessage(project, plugin, "time") };
          const work = batch === null ? { flush: "time" as const } : { batch, attempt: 0 };
          return bufferMessage({
            id: options.uuid(),
            project,
            plugin,
            buffer,
            firstAt: nowMs,
            generation: 0,
            work,
          });
        });
    },

    abandon,
  };
}
