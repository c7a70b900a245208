import { normaliseTimestamp } from "../capture/time.ts";
import type { PluginEvent, Properties } from "../event.ts";
import { plainJson } from "../json.ts";

/** An event as it leaves the chain: time is normalised, what only the apps of the chain see is gone. */
export interface ProcessedEvent {
  uuid: string;
  event: string;
  distinct_id: string;
  /** ISO, UTC. */
  timestamp: string;
  properties: Properties;
  $set?: Properties;
  $set_once?: Properties;
  /** The client's address unless an app removed it. */
  ip: string | null;
}

/** What an event cannot be without: it keeps what it entered with where an app left nothing. */
export type Identity = Pick<PluginEvent, "uuid" | "event" | "distinct_id">;

/** Taken before the chain, whose apps change events in place. */
export function identityOf({ uuid, event, distinct_id }: PluginEvent): Identity {
  return { uuid, event, distinct_id };
}

/** What the events of a request have in common. */
export interface Arrival {
  /** ms since 1970. */
  nowMs: number;
  allowFuture: boolean;
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/**
 * Takes what goes on from an event that apps may have rebuilt. Each member has its type afterwards, since one event that
 * is out of shape makes PostHog refuse all that travel with it. `entered` fills in what an app deleted or emptied, and its
 * uuid stays unless an app chose another. Never throws.
 */
export function finish(event: PluginEvent, entered: Identity, arrival: Arrival): ProcessedEvent {
  try {
    return take(event, entered, arrival);
  } catch {
    // Getters or proxies of an app's making.
    return take((plainJson(event) ?? {}) as PluginEvent, entered, arrival);
  }
}

function take(event: PluginEvent, entered: Identity, { nowMs, allowFuture }: Arrival): ProcessedEvent {
  const properties = propertiesOf(event.properties) ?? {};
  const ignoreSentAt = properties["$ignore_sent_at"] === true;
  const finished: ProcessedEvent = {
    // As it came, it need not be looked at.
    uuid: event.uuid === entered.uuid || !UUID.test(event.uuid) ? entered.uuid : event.uuid,
    event: textOf(event.event) || entered.event,
    distinct_id: textOf(event.distinct_id) || entered.distinct_id,
    timestamp: normaliseTimestamp({
      now: nowMs,
      timestamp: event.timestamp,
      sent_at: event.sent_at,
      offset: event.offset,
      ignoreSentAt,
      allowFuture: allowFuture && ignoreSentAt,
    }),
    properties,
    ip: typeof event.ip === "string" ? event.ip : null,
  };
  const $set = propertiesOf(event.$set);
  const $setOnce = propertiesOf(event.$set_once);
  if ($set) finished.$set = $set;
  if ($setOnce) finished.$set_once = $setOnce;
  return finished;
}

/** An object that JSON writes as one. */
function propertiesOf(value: unknown): Properties | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const isWritten = !("toJSON" in value) || typeof value.toJSON !== "function";
  return (isWritten ? value : plainJson(value)) as Properties;
}

/** Empty for what is not there. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === null ? "" : (JSON.stringify(plainJson(value)) ?? "");
}
