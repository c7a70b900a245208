import type { PluginEvent, Properties } from "../../event.ts";
import { tameNesting } from "../nesting.ts";
import { isLonger } from "../text.ts";
import { isRawObject } from "../v0/envelope.ts";
import { INTERNAL_IP, MAX_EVENT_LEVELS } from "../v0/event.ts";
import type { V1Item } from "./envelope.ts";
import type { V1Headers } from "./headers.ts";
import { isIllegalId } from "./illegal-ids.ts";
import { applyOptions } from "./options.ts";
import { isRfc3339 } from "./rfc3339.ts";

/** What the path takes: AI events have their own. */
export type Lane = "analytics" | "ai";

/** Why an event is dropped, as the client is told in `details`. */
export type DropReason =
  | "missing_event_name"
  | "event_name_too_long"
  | "missing_distinct_id"
  | "distinct_id_too_large"
  | "invalid_event_timestamp"
  | "malformed_event_properties"
  | "malformed_event"
  | "invalid_options"
  | "dropped_performance_event"
  | "misrouted_event"
  | "non_ai_event"
  | "event_too_big";

/** What all events of one v1 request share. */
export interface V1Arrival extends Pick<V1Headers, "lib" | "libVersion" | "sentAt"> {
  lane: Lane;
  /** ISO time at which the request was received. */
  now: string;
  ip: string | null;
  siteUrl: string;
  teamId: number;
  captureInternal: boolean;
}

const MAX_NAME_BYTES = 200;
const MAX_DISTINCT_ID_BYTES = 200;

/**
 * Validates one item of a v1 batch and makes it the event that apps see, the same as a v0 client would have sent
 * (materialised properties included), or says why it is dropped. The parsed `properties` are changed, not copied.
 */
export function readEvent({ raw, uuid }: V1Item, arrival: V1Arrival): PluginEvent | DropReason {
  const { event: name, distinct_id: distinctId, timestamp } = raw;
  if (typeof name !== "string" || name === "") return "missing_event_name";
  if (isLonger(name, MAX_NAME_BYTES)) return "event_name_too_long";
  if (name === "$performance_event") return "dropped_performance_event";
  const misrouted = laneFault(name, arrival.lane);
  if (misrouted !== null) return misrouted;
  if (typeof distinctId !== "string" || distinctId.trim() === "") return "missing_distinct_id";
  if (isLonger(distinctId, MAX_DISTINCT_ID_BYTES)) return "distinct_id_too_large";
  if (typeof timestamp !== "string" || !isRfc3339(timestamp)) return "invalid_event_timestamp";

  const properties = readProperties(raw.properties);
  if (properties === null) return "malformed_event_properties";
  const fault = materialise(raw, properties, arrival);
  if (fault !== null) return fault;
  if (isIllegalId(distinctId)) properties["$process_person_profile"] = false;

  const internal = arrival.captureInternal || properties["capture_internal"] !== undefined;
  return {
    uuid,
    event: name,
    distinct_id: distinctId,
    properties,
    timestamp,
    sent_at: arrival.sentAt,
    now: arrival.now,
    ip: internal ? INTERNAL_IP : arrival.ip,
    site_url: arrival.siteUrl,
    team_id: arrival.teamId,
  };
}

/** Null when they are no object, or nested too deeply to be handled. */
function readProperties(given: unknown): Properties | null {
  const properties = given ?? {};
  return isRawObject(properties) && tameNesting(properties, MAX_EVENT_LEVELS) ? properties : null;
}

function laneFault(name: string, lane: Lane): DropReason | null {
  const ai = name.startsWith("$ai_");
  if (lane === "ai") return ai ? null : "non_ai_event";
  return ai ? "misrouted_event" : null;
}

/** Brings what v1 keeps beside the properties to where v0 clients, and thus apps, have it. */
function materialise(raw: V1Item["raw"], properties: Properties, arrival: V1Arrival): DropReason | null {
  const { session_id: session, window_id: window } = raw;
  if (!isOptionalText(session) || !isOptionalText(window)) return "malformed_event";
  if (!applyOptions(raw.options, properties)) return "invalid_options";
  // Forwarded as it is, it would make PostHog refuse the whole batch around it.
  if (!isOptionalFlag(properties["$cookieless_mode"])) return "invalid_options";
  if (typeof session === "string") properties["$session_id"] = session;
  if (typeof window === "string") properties["$window_id"] = window;
  properties["$lib"] = arrival.lib;
  properties["$lib_version"] = arrival.libVersion;
  return null;
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || value === null || typeof value === "string";
}

function isOptionalFlag(value: unknown): boolean {
  return value === undefined || typeof value === "boolean";
}
