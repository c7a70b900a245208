const DAY_MS = 86_400_000;
const ZERO = 48;
const HYPHEN = 45;
const COLON = 58;
const DOT = 46;
const T = 84;
const Z = 90;

/** The day of the last text, since events of one request are nearly always of the same. */
let dayStartMs = Number.NaN;
let dayCodes: readonly number[] = [];

/**
 * `new Date(ms).toISOString()` for the years 0 to 9999, at a fifth of its cost. Made of character codes, since a text made
 * by concatenation is a rope, at whose sight V8's JSON.stringify leaves its fast way.
 */
export function isoText(ms: number): string {
  let rest = ms - dayStartMs;
  if (!(rest >= 0 && rest < DAY_MS)) {
    dayStartMs = Math.floor(ms / DAY_MS) * DAY_MS;
    dayCodes = Array.from(new Date(dayStartMs).toISOString(), (character) => character.charCodeAt(0));
    rest = ms - dayStartMs;
  }
  const [y1 = 0, y2 = 0, y3 = 0, y4 = 0, , m1 = 0, m2 = 0, , d1 = 0, d2 = 0] = dayCodes;
  const hours = Math.trunc(rest / 3_600_000);
  const minutes = Math.trunc(rest / 60_000) % 60;
  const seconds = Math.trunc(rest / 1000) % 60;
  const millis = rest % 1000;
  return String.fromCharCode(
    y1,
    y2,
    y3,
    y4,
    HYPHEN,
    m1,
    m2,
    HYPHEN,
    d1,
    d2,
    T,
    tens(hours),
    ones(hours),
    COLON,
    tens(minutes),
    ones(minutes),
    COLON,
    tens(seconds),
    ones(seconds),
    DOT,
    ZERO + Math.trunc(millis / 100),
    tens(millis % 100),
    ones(millis),
    Z,
  );
}

function tens(value: number): number {
  return ZERO + Math.trunc(value / 10);
}

function ones(value: number): number {
  return ZERO + (value % 10);
}
