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

/** What the events of a request have in common. */
export interface Arrival {
  /** ms since 1970. */
  nowMs: number;
  allowFuture: boolean;
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/**
 * Takes what goes on from an event that apps may have rebuilt. Each member has its type afterwards, since one event that
 * is out of shape makes PostHog refuse all that travel with it. `uuid` is the one that it entered with, which stays unless
 * an app chose another; `entered` fills in a `distinct_id` that an app left out. Never throws.
 */
export function finish(
  event: PluginEvent,
  uuid: string,
  entered: PluginEvent,
  arrival: Arrival,
): ProcessedEvent {
  try {
    return take(event, uuid, entered, arrival);
  } catch {
    // Getters or proxies of an app's making.
    const plain = (plainJson(event) ?? {}) as PluginEvent;
    return take(plain, uuid, (plainJson(entered) ?? {}) as PluginEvent, arrival);
  }
}

function take(
  event: PluginEvent,
  uuid: string,
  entered: PluginEvent,
  { nowMs, allowFuture }: Arrival,
): ProcessedEvent {
  const properties = propertiesOf(event.properties) ?? {};
  const ignoreSentAt = properties["$ignore_sent_at"] === true;
  const finished: ProcessedEvent = {
    // As it came, it need not be looked at.
    uuid: event.uuid === uuid || !UUID.test(event.uuid) ? uuid : event.uuid,
    event: textOf(event.event),
    distinct_id: textOf(event.distinct_id ?? entered.distinct_id),
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

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(plainJson(value)) ?? "");
}
