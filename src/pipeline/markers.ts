import type { PluginEvent, Properties } from "../event.ts";
import { plainJson } from "../json.ts";

const SUCCEEDED = "$plugins_succeeded";
const FAILED = "$plugins_failed";
const DEFERRED = "$plugins_deferred";

/** Labels of the apps that have been over an event. */
export interface Markers {
  succeeded: string[];
  failed: string[];
  /** What the last of those that failed threw. */
  thrown?: unknown;
}

/**
 * Takes an event's markers off it. A client's are thrown away, since they would let anyone switch an app off; trusted
 * ones are returned, and their apps are skipped (decisions 19). The caller's objects are changed.
 */
export function takeMarkers(event: PluginEvent, trusted: boolean): Markers {
  const { properties } = event;
  if (!properties || !(SUCCEEDED in properties || FAILED in properties || DEFERRED in properties)) {
    return { succeeded: [], failed: [] };
  }
  const markers = trusted
    ? { succeeded: labels(properties[SUCCEEDED]), failed: labels(properties[FAILED]) }
    : { succeeded: [], failed: [] };
  delete properties[SUCCEEDED];
  delete properties[FAILED];
  delete properties[DEFERRED];
  return markers;
}

/**
 * Puts the three markers on the event that left the chain, all together. Returns it, or a copy where an app has made it
 * such that it cannot be written to.
 */
export function setMarkers(event: PluginEvent, markers: Markers, deferred: readonly string[]): PluginEvent {
  try {
    const properties: Properties = (event.properties ??= {});
    properties[SUCCEEDED] = markers.succeeded;
    properties[FAILED] = markers.failed;
    properties[DEFERRED] = deferred;
    return event;
  } catch {
    const copy = (plainJson(event) ?? {}) as PluginEvent;
    // What an app has put in their place may be no object at all.
    const properties = typeof copy.properties === "object" ? copy.properties : {};
    return setMarkers({ ...copy, properties: { ...properties } }, markers, deferred);
  }
}

function labels(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((label) => typeof label === "string") : [];
}
