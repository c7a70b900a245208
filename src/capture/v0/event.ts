import type { PluginEvent, Properties } from "../../event.ts";
import { tameNesting } from "../nesting.ts";
import { eventTimeMs } from "../time.ts";
import { normaliseUuid } from "../uuid.ts";
import { readDistinctId } from "./distinct-id.ts";
import { isRawObject } from "./envelope.ts";
import type { Rejection } from "./rejection.ts";
import { readSentAt } from "./sent-at.ts";

/** What all events of one request share. */
export interface Arrival {
  nowMs: number;
  /** `nowMs` as ISO text. */
  now: string;
  ip: string | null;
  siteUrl: string;
  teamId: number;
  /** ISO dispatch time from the envelope; goes before the event's own. */
  envelopeSentAt: string | undefined;
  /** ISO dispatch time from the query; goes last. */
  querySentAt: string | undefined;
  /** On `/engage` an event without a name is an `$identify`. */
  engage: boolean;
  uuidV7(timeMs: number): string;
  /** Collects the uuids that the client chose. */
  clientUuids: Set<string>;
}

/** Upstream allows 128 levels for a whole request; the batch around the event takes three, and apps may add some. */
export const MAX_EVENT_LEVELS = 120;
/** Stands for the service itself. */
export const INTERNAL_IP = "127.0.0.1";

/**
 * Validates one item of a v0 request and makes it the event that apps see, or says why it cannot be one. Unknown root keys
 * are left out; `properties`, `$set` and `$set_once` are the parsed objects themselves, not copies.
 */
export function readEvent(raw: unknown, arrival: Arrival): PluginEvent | Rejection {
  if (!isRawObject(raw)) return "malformed";
  const name = raw.event ?? (arrival.engage ? "$identify" : undefined);
  if (name === undefined) return "missing_event_name";
  if (typeof name !== "string") return "invalid_event_name";
  if (name === "") return "empty_event_name";
  if (name === "$performance_event") return "performance_event";

  const { timestamp, offset } = raw;
  if (!isAbsent(timestamp) && typeof timestamp !== "string") return "invalid_timestamp";
  if (!isAbsent(offset) && typeof offset !== "number") return "invalid_offset";
  const properties = readProperties(raw.properties);
  const set = readProperties(raw.$set);
  const setOnce = readProperties(raw.$set_once);
  if (properties === null) return "invalid_properties";
  if (set === null || setOnce === null) return "invalid_set";
  if (isTooDeep(properties) || isTooDeep(set) || isTooDeep(setOnce)) return "too_deep";

  const cookieless = properties?.$cookieless_mode;
  if (cookieless !== undefined && typeof cookieless !== "boolean") return "invalid_cookieless_mode";
  const distinctId = readDistinctId(raw, properties);
  if (distinctId === null) return "missing_distinct_id";

  const event: PluginEvent = {
    uuid: "",
    event: name,
    distinct_id: distinctId,
    now: arrival.now,
    // PostHog: events that capture_internal marks are the service's own, whoever relays them.
    ip: properties?.capture_internal === undefined ? arrival.ip : INTERNAL_IP,
    site_url: arrival.siteUrl,
    team_id: arrival.teamId,
  };
  if (properties !== undefined) event.properties = properties;
  if (typeof timestamp === "string") event.timestamp = timestamp;
  if (typeof offset === "number") event.offset = offset;
  const sentAt = arrival.envelopeSentAt ?? readSentAt(raw.sent_at) ?? arrival.querySentAt;
  if (sentAt !== undefined) event.sent_at = sentAt;
  if (set !== undefined) event.$set = set;
  if (setOnce !== undefined) event.$set_once = setOnce;
  return giveUuid(event, raw.uuid, arrival);
}

/** Null and "" count as absent; the uuid that is made instead carries the event's own time. */
function giveUuid(event: PluginEvent, uuid: unknown, arrival: Arrival): PluginEvent | Rejection {
  if (isAbsent(uuid) || uuid === "") {
    const { timestamp, sent_at, offset, properties } = event;
    const ignoreSentAt = properties?.$ignore_sent_at === true;
    event.uuid = arrival.uuidV7(
      eventTimeMs({ now: arrival.nowMs, timestamp, sent_at, offset, ignoreSentAt }),
    );
    return event;
  }
  const normalised = typeof uuid === "string" ? normaliseUuid(uuid) : null;
  if (normalised === null) return "invalid_uuid";
  event.uuid = normalised;
  arrival.clientUuids.add(normalised);
  return event;
}

/** Undefined when absent, null when it is no object. A client's null is an empty object. */
function readProperties(value: unknown): Properties | undefined | null {
  if (value === undefined) return undefined;
  if (value === null) return {};
  return isRawObject(value) ? value : null;
}

function isTooDeep(properties: Properties | undefined): boolean {
  return properties !== undefined && !tameNesting(properties, MAX_EVENT_LEVELS);
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}
