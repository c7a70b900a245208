import type { CapturedBatch, PluginEvent } from "../../event.ts";
import { unparsable } from "../errors.ts";
import { requestIdOf } from "../request-id.ts";
import { isLonger } from "../text.ts";
import type { V1Envelope, V1Item } from "./envelope.ts";
import { readEvent, type DropReason, type V1Arrival } from "./event.ts";
import { isIllegalId } from "./illegal-ids.ts";

/** What the client is told of one event. */
export interface EventResult {
  result: "ok" | "drop" | "retry";
  details?: DropReason | "person_processing_disabled" | "not_persisted";
}

/** The usable events of a v1 request, and what becomes of each item. */
export interface ReadV1Batch {
  batch: CapturedBatch;
  /** By the uuid as the client wrote it. */
  results: Map<string, EventResult>;
  dropped: ReadonlyMap<DropReason, number>;
}

/**
 * Reads all events of an envelope. One bad event does not sink its batch (decisions 27), and one above `maxEventBytes` (as
 * compact JSON) is dropped alone: v1 clients take a 413 for final and would lose the batch.
 * @param json the text of the whole request, to see whether any event can be that large
 * @throws CaptureError 400 when every item lacks a field that the protocol requires
 */
export function readBatch(
  { items, historicalMigration }: V1Envelope,
  project: string,
  arrival: V1Arrival,
  { json, maxEventBytes }: { json: string; maxEventBytes: number },
): ReadV1Batch {
  if (!items.some(hasRequiredFields)) {
    throw unparsable("event, distinct_id and timestamp are required of every event, as strings");
  }
  const mayBeLarge = isLonger(json, maxEventBytes);
  const events: PluginEvent[] = [];
  const results = new Map<string, EventResult>();
  const dropped = new Map<DropReason, number>();
  for (const item of items) {
    const event = readEvent(item, arrival);
    const reason =
      typeof event === "string"
        ? event
        : mayBeLarge && isLonger(JSON.stringify(event), maxEventBytes)
          ? "event_too_big"
          : null;
    if (reason !== null) {
      dropped.set(reason, (dropped.get(reason) ?? 0) + 1);
      results.set(item.sentUuid, { result: "drop", details: reason });
    } else if (typeof event !== "string") {
      events.push(event);
      results.set(item.sentUuid, accepted(event));
    }
  }
  const clientUuids = new Set(events.map(({ uuid }) => uuid));
  // Only an event with `disable_skew_correction` ($ignore_sent_at) makes use of it.
  const batch: CapturedBatch = { project, events, clientUuids, historicalMigration, allowFuture: true };
  // Not the header's request id: a retry that holds only what failed has the same one.
  const requestId = requestIdOf(project, events, clientUuids);
  if (requestId !== undefined) batch.requestId = requestId;
  return { batch, results, dropped };
}

function accepted({ distinct_id }: PluginEvent): EventResult {
  return isIllegalId(distinct_id)
    ? { result: "ok", details: "person_processing_disabled" }
    : { result: "ok" };
}

function hasRequiredFields({ raw }: V1Item): boolean {
  return [raw.event, raw.distinct_id, raw.timestamp].every((field) => typeof field === "string");
}
