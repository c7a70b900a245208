import type { Properties } from "../../src/event.ts";
import type { Moment } from "./dialect.ts";

// How client libraries of several languages word events, times and JSON.

/** Nothing but the event. */
export const bare = (moment: Moment, timestamp: string, properties: Properties): Properties => ({
  event: moment.event,
  distinct_id: moment.distinctId,
  timestamp,
  properties,
});
/** With a uuid of the client's choice. */
export const identified = (moment: Moment, timestamp: string, properties: Properties): Properties => ({
  ...bare(moment, timestamp, properties),
  uuid: moment.uuid,
});
/** As the libraries do that once came from Segment. */
export const labelled =
  (library: string, version: string) => (moment: Moment, timestamp: string, properties: Properties) => ({
    ...identified(moment, timestamp, properties),
    type: "capture",
    library,
    library_version: version,
  });

/** As JavaScript, Swift and Kotlin clients write times. */
export const iso = (timeMs: number) => new Date(timeMs).toISOString();
/** As Elixir and Java do. */
export const withMicroseconds = (timeMs: number) => iso(timeMs).replace("Z", "123Z");
/** As Ruby does. */
export const withZone = (timeMs: number) => iso(timeMs).replace("Z", "+00:00");

/** Everything beyond ASCII as \u escapes: Python, PHP, .NET. */
export const ascii = (value: unknown) =>
  JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
/** What might be taken for HTML as \u escapes: Go, .NET. */
export const withoutMarkup = (json: string) =>
  json.replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
/** Slashes escaped: PHP, Apple's Foundation. */
export const slashed = (json: string) => json.replaceAll("/", "\\/");
