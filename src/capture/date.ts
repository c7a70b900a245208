/** Longer texts are no dates; the patterns below see nothing longer. */
const MAX_DATE_LENGTH = 64;

/** What nearly all SDKs send. Days after the 28th may not exist, so they take the longer way. */
const USUAL =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const ISO =
  /^(\d{4})([-/])(\d{2})\2(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9})\d*)?)? ?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?$/i;
const AMERICAN = /^(\d{2})\/(\d{2})\/(\d{4})$/;
const RFC_2822 =
  /^(?:[a-z]{3}, *)?\d{1,2} +[a-z]{3} +\d{4} +\d{2}:\d{2}(?::\d{2})? +(?:[+-]\d{4}|Z|UTC?|GMT|[ECMP][SD]T)$/i;
/** Fewer digits are rather a year or a compact date than a time after 1973. */
const UNIX_TIME = /^\d{9,16}(?:\.\d+)?$/;
/** 1e11 s lie in the year 5138, 1e11 ms in 1973. */
const FIRST_MILLISECONDS = 1e11;

/**
 * Reads a date as PostHog does (rust/common/types parse_date): RFC 3339 with `T` or a blank, without a zone meaning UTC, or
 * with a short one (`+03`); a date alone, also `YYYY/MM/DD` and `MM/DD/YYYY`; RFC 2822; unix seconds or milliseconds as text.
 * ISO weeks and ordinal dates are refused, as by PostHog's Rust services.
 * @returns ms since 1970, NaN for anything else, also for days that do not exist. Runs per event: the usual form costs 0.2 µs
 */
export function parseDate(text: string): number {
  if (text.length > MAX_DATE_LENGTH) return Number.NaN;
  if (USUAL.test(text)) return Date.parse(text);
  const date = text.trim();
  const iso = ISO.exec(date);
  if (iso !== null) return isoTime(iso);
  const american = AMERICAN.exec(date);
  if (american !== null) return dayTime(Number(american[3]), Number(american[1]), Number(american[2]));
  if (UNIX_TIME.test(date)) return unixTime(Number(date));
  // Names its zone, so that the machine's own does not matter; the engines agree on this form.
  return RFC_2822.test(date) ? Date.parse(date) : Number.NaN;
}

/** A unix time in seconds or milliseconds, told apart by size, as ms. */
function unixTime(value: number): number {
  return Math.trunc(value < FIRST_MILLISECONDS ? value * 1000 : value);
}

function isoTime(match: RegExpExecArray): number {
  const day = dayTime(Number(match[1]), Number(match[3]), Number(match[4]));
  const hours = Number(match[5] ?? 0);
  const minutes = Number(match[6] ?? 0);
  const seconds = Number(match[7] ?? 0);
  if (hours > 23 || minutes > 59 || seconds > 60) return Number.NaN;
  const ms = match[8] === undefined ? 0 : Number(match[8].slice(0, 3).padEnd(3, "0"));
  return day + ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms - zoneMs(match[9]);
}

/** Midnight UTC of a day. By `setUTCFullYear`, because `Date.UTC` takes the years 0 to 99 for 1900 to 1999. */
function dayTime(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : Number.NaN;
}

function zoneMs(zone: string | undefined): number {
  if (zone === undefined || !/^[+-]/.test(zone)) return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(":", "") || 0);
  if (hours > 23 || minutes > 59) return Number.NaN;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
