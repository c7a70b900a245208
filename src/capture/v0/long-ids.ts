/** More than 308 digits are no number; without a bound, a regular expression overflows its stack. */
const LONG_ID = /((?<!\\)"\$?distinct_id"\s*:\s*)(-?\d{16,308})(?=\s*[,}])/g;

/**
 * Whether some event belongs to a whole number of which parsing has kept the beginning only. Cheap: a look at three fields
 * of each, which are read again soon.
 */
export function hasLongId(items: readonly unknown[]): boolean {
  for (const item of items) {
    if (typeof item !== "object" || item === null) continue;
    const { distinct_id, $distinct_id, properties } = item as Record<string, unknown>;
    if (isLong(distinct_id) || isLong($distinct_id)) return true;
    if (typeof properties !== "object" || properties === null) continue;
    if (isLong((properties as Record<string, unknown>)["distinct_id"])) return true;
  }
  return false;
}

/**
 * Makes texts of the ids in JSON text that are longer than a number holds: 12345678901234567890 and 12345678901234567891 would
 * be one person else. No string within the JSON looks like such a field, since its quotes are escaped.
 */
export function quoteLongIds(json: string): string {
  return json.replace(LONG_ID, '$1"$2"');
}

function isLong(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
}
