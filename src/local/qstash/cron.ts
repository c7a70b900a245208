import { zoneOffset } from "./time-zone.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** The rarest schedule, 29 February on a given weekday, may skip forty years over a century's missing leap day. */
const MAX_DAYS_AHEAD = 41 * 366;

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

interface Field {
  values: ReadonlySet<number>;
  /** `*` or a step of it: it does not narrow the choice of days. */
  any: boolean;
}

/** Gives the first instant (ms, a full minute) after `instant` at which the schedule fires. */
export type Cron = (instant: number) => number;

/**
 * Compiles a cron expression of five fields (minute hour day-of-month month day-of-week, UTC), optionally behind
 * `CRON_TZ=<IANA zone> `. Lists, ranges, steps, `?`, and names of months and weekdays are understood, 7 is Sunday; when
 * both day fields are restricted either of them suffices. In a zone, a wall-clock time that a change skips does not
 * fire, one that it repeats fires twice. Throws an Error that names the field at fault.
 */
export function parseCron(expression: string): Cron {
  const [, zone, rest] = /^\s*(?:CRON_TZ=(\S+)\s+)?(.*)$/s.exec(expression) ?? [];
  const texts = (rest ?? "").trim().split(/\s+/);
  const [minuteText, hourText, dayText, monthText, weekdayText] = texts;
  if (texts.length !== 5 || weekdayText === undefined) {
    throw new Error(`it has ${texts.length} fields instead of five`);
  }
  const minute = parseField("minute", minuteText, 0, 59);
  const hour = parseField("hour", hourText, 0, 23);
  const day = parseField("day of month", dayText, 1, 31);
  const month = parseField("month", monthText, 1, 12, months);
  const weekday = parseField("day of week", weekdayText, 0, 7, weekdays);
  const offset = zoneOffset(zone ?? "UTC");

  const firesOn = (wall: Date): boolean => {
    if (!month.values.has(wall.getUTCMonth() + 1)) return false;
    const dayMatches = day.values.has(wall.getUTCDate());
    const weekdayMatches =
      weekday.values.has(wall.getUTCDay()) || (wall.getUTCDay() === 0 && weekday.values.has(7));
    return day.any || weekday.any ? dayMatches && weekdayMatches : dayMatches || weekdayMatches;
  };

  /** The instant at which the next day of the zone begins, or the first one after a midnight that does not exist. */
  const nextDay = (instant: number, wallMs: number): number => {
    const midnight = Math.floor(wallMs / dayMs) * dayMs + dayMs;
    const guess = midnight - offset(instant);
    const corrected = midnight - offset(guess);
    return corrected > instant ? corrected : guess;
  };

  const next: Cron = (instant) => {
    let candidate = Math.floor(instant / minuteMs) * minuteMs + minuteMs;
    const last = candidate + MAX_DAYS_AHEAD * dayMs;
    // Every step is at least a minute, and minutes are only stepped through within a matching hour.
    while (candidate < last) {
      const wallMs = candidate + offset(candidate);
      const wall = new Date(wallMs);
      if (!firesOn(wall)) candidate = nextDay(candidate, wallMs);
      else if (!hour.values.has(wall.getUTCHours())) candidate += hourMs - (wallMs % hourMs);
      else if (!minute.values.has(wall.getUTCMinutes())) candidate += minuteMs;
      else return candidate;
    }
    throw new Error("it never fires");
  };
  next(0);
  return next;
}

function parseField(name: string, text = "", min: number, max: number, names: readonly string[] = []): Field {
  const values = new Set<number>();
  let any = false;
  for (const item of text.split(",")) {
    const [range = "", stepText, ...more] = item.split("/");
    const step = stepText === undefined ? 1 : Number(stepText);
    const wild = range === "*" || range === "?";
    const [from, to] = wild ? [min, max] : bounds(range, max, stepText !== undefined, min, names);
    const valid = more.length === 0 && Number.isInteger(step) && step > 0 && from >= min && to <= max;
    if (!valid || !(from <= to)) {
      throw new Error(`its ${name} field "${text}" is not made of values from ${min} to ${max}`);
    }
    for (let value = from; value <= to; value += step) values.add(value);
    any ||= wild;
  }
  return { values, any };
}

/** `5`, `5-9`, `mon-fri`; `5/10` runs to the end of the field. NaN for what is no value. */
function bounds(range: string, max: number, stepped: boolean, min: number, names: readonly string[]) {
  const [fromText = "", toText, ...more] = range.split("-");
  const value = (text: string): number => {
    const index = names.indexOf(text.toLowerCase());
    if (index >= 0) return index + min;
    return /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  };
  const from = value(fromText);
  if (toText === undefined) return [from, stepped ? max : from] as const;
  return [from, more.length === 0 ? value(toText) : Number.NaN] as const;
}
