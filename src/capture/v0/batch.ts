import type { CapturedBatch, PluginEvent } from "../../event.ts";
import { tooLarge } from "../errors.ts";
import { requestIdOf } from "../request-id.ts";
import { isLonger } from "../text.ts";
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
  const { clientUuids } = arrival;
  const batch: CapturedBatch = { project, events, clientUuids, historicalMigration };
  const requestId = requestIdOf(project, events, clientUuids);
  if (requestId !== undefined) batch.requestId = requestId;
  return { batch, rejected };
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
