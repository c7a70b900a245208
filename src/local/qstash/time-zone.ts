/** Milliseconds to add to UTC to get the wall clock of a zone at an instant. */
export type ZoneOffset = (instant: number) => number;

/** Makes the offset of an IANA time zone. Throws a RangeError for a name that the platform does not know. */
export function zoneOffset(timeZone: string): ZoneOffset {
  if (timeZone === "UTC") return () => 0;
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  return (instant) => {
    const name = format.formatToParts(instant).find((part) => part.type === "timeZoneName")?.value ?? "GMT";
    // "GMT" alone is no offset at all; zones of the past also have seconds.
    const [, sign, hours, minutes, seconds] = /GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?/.exec(name) ?? [];
    const size = ((Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds ?? 0)) * 1000;
    return sign === "-" ? -size : size;
  };
}
