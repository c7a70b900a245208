const millisecond = 1;
const second = 1000 * millisecond;
const minute = 60 * second;
const hour = 60 * minute;

/** Units of `Upstash-Delay`, `Upstash-Timeout` and a flow-control period. */
export const settingUnits: Readonly<Record<string, number>> = {
  s: second,
  m: minute,
  h: hour,
  d: 24 * hour,
};

/** Units of `Retry-After` and its relatives: those of Go's durations, which know no days. */
export const responseUnits: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: millisecond,
  s: second,
  m: minute,
  h: hour,
};

/** More parts than there are units would repeat one. */
const MAX_PARTS = 8;

/**
 * Reads a duration such as `50s` or `1d10h30m` into milliseconds; null when it is anything else, a number without a unit
 * and a unit given twice included.
 */
export function parseDuration(text: string, units: Readonly<Record<string, number>>): number | null {
  let rest = text.trim();
  let totalMs = 0;
  const seen = new Set<string>();
  for (let part = 0; part < MAX_PARTS && rest !== ""; part++) {
    const [whole, amount, unit] = /^(\d+(?:\.\d+)?)([a-zµ]+)/.exec(rest) ?? [];
    const unitMs = unit === undefined ? undefined : units[unit];
    if (whole === undefined || unit === undefined || unitMs === undefined || seen.has(unit)) return null;
    seen.add(unit);
    totalMs += Number(amount) * unitMs;
    rest = rest.slice(whole.length);
  }
  return rest === "" && seen.size > 0 ? totalMs : null;
}
