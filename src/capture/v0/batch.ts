import { Buffer } from "node:buffer";
import type { CapturedBatch, PluginEvent } from "../../event.ts";
import { tooLarge } from "../errors.ts";
import type { Envelope } from "./envelope.ts";
import { readEvent, type Arrival } from "./event.ts";
import { rejectionError, type Rejection } from "./rejection.ts";

/** The usable events of a request, and how many were not usable for which reason. */
export interface ReadBatch {
  batch: CapturedBatch;
  /** Null when all were usable, the usual case. */
  rejected: ReadonlyMap<Rejection, number> | null;
}

/**
 * Reads all events of an envelope. One bad event does not sink its batch (decisions 27).
 * @param project the token, already authorised
 */
export function readBatch(envelope: Envelope, project: string, arrival: Arrival): ReadBatch {
  const { items, historicalMigration } = envelope;
  const events: PluginEvent[] = [];
  let rejected: Map<Rejection, number> | null = null;
  for (const item of items) {
    const event = readEvent(item, arrival);
    if (typeof event === "string") {
      rejected ??= new Map();
      rejected.set(event, (rejected.get(event) ?? 0) + 1);
    } else {
      events.push(event);
    }
  }
  return {
    batch: { project, events, clientUuids: arrival.clientUuids, historicalMigration },
    rejected,
  };
}

/**
 * @throws CaptureError 400 for the first fault when no event is usable. Events that PostHog merely ignores are no fault: a
 * request of nothing else is fine, and empty.
 */
export function requireUsable({ batch, rejected }: ReadBatch): void {
  if (batch.events.length > 0 || rejected === null) return;
  for (const rejection of rejected.keys()) {
    if (rejection !== "performance_event") throw rejectionError(rejection);
  }
}

/**
 * Refuses a request that holds an event above `maxBytes` (as compact JSON), before any of it is recorded, so that the SDK
 * can send it again in halves (decisions 31). Free for requests below that size; above, it costs a serialisation.
 * @throws CaptureError 413
 */
export function requireSmallEvents(events: readonly PluginEvent[], json: string, maxBytes: number): void {
  if (!isLonger(json, maxBytes)) return;
  for (const event of events) {
    if (isLonger(JSON.stringify(event), maxBytes)) throw tooLarge(`the event ${event.uuid}`, maxBytes);
  }
}

/** Whether `text` takes more than `maxBytes` in UTF-8, where a UTF-16 unit takes three at most. */
function isLonger(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes;
}
