import type { ClientLocation } from "../../event.ts";
import { locationsIn } from "../locations.ts";
import type { ProcessedPluginEvent } from "../plugin-event.ts";
import type { BufferItem } from "./buffer.ts";

/** An event as a buffer keeps it: with where the addresses in it are, if that was known when it arrived. */
export type PackedEvent = ProcessedPluginEvent | [ProcessedPluginEvent, ...ClientLocation[]];

/** Its size is the event's alone, in characters (runtime 3.11). */
export function packEvent(
  event: ProcessedPluginEvent,
  locations: readonly ClientLocation[] = [],
): BufferItem {
  const json = JSON.stringify(event);
  const mentioned = locationsIn(json, locations);
  return {
    size: json.length,
    json: mentioned.length === 0 ? json : JSON.stringify([event, ...mentioned]),
  };
}

/** The events of a batch; where their addresses are goes into `known`, for `geoip.locate`. */
export function unpackEvents(
  packed: readonly PackedEvent[],
  known?: Map<string, ClientLocation>,
): ProcessedPluginEvent[] {
  return packed.map((item) => {
    if (!Array.isArray(item)) return item;
    const [event, ...locations] = item;
    for (const location of locations) known?.set(location.ip, location);
    return event;
  });
}
