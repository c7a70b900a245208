import { parseDate } from "./date.ts";
import { isoText } from "./iso.ts";

/** What is known of an event's time. The client's fields are taken as they come, since an app may have changed them. */
export interface EventTime {
  /** When the gateway received the request, ms since 1970. */
  now: number;
  timestamp?: unknown;
  sent_at?: unknown;
  offset?: unknown;
  /** `properties.$ignore_sent_at === true`: the client's clock is right, do not correct it. */
  ignoreSentAt?: boolean;
  /** Capture v1 without skew correction: a time in the future stands. */
  allowFuture?: boolean;
}

/** An event may be this far ahead before its clock counts as wrong. */
const MAX_AHEAD_MS = 23 * 60 * 60 * 1000;
const FIRST_YEAR_MS = Date.parse("0000-01-01T00:00:00.000Z");
const LAST_YEAR_MS = Date.parse("9999-12-31T23:59:59.999Z");
const EPOCH_MS = 0;

/**
 * When an event happened, by the gateway's clock, as an ISO text in UTC with milliseconds. PostHog's algorithm
 * (rust/common/types timestamp): `now − (sent_at − timestamp)`; an `offset` overrides it; more than 23 h ahead, or
 * unreadable, becomes `now`; before the year 0 becomes 1970. There is no limit to the past. Never throws.
 */
export function normaliseTimestamp(time: EventTime): string {
  return isoText(eventTimeMs(time));
}

/** As {@link normaliseTimestamp}, in ms since 1970. */
export function eventTimeMs(time: EventTime): number {
  const { now, offset } = time;
  let result = now;
  if (typeof offset === "number") {
    result = now - offset;
  } else {
    const timestamp = dateMs(time.timestamp);
    if (!Number.isNaN(timestamp)) {
      const sentAt = time.ignoreSentAt ? Number.NaN : sentAtMs(time.sent_at);
      result = Number.isNaN(sentAt) ? timestamp : now + (timestamp - sentAt);
    }
  }
  if (Number.isNaN(result)) return now;
  if (result - now > MAX_AHEAD_MS && !time.allowFuture) return now;
  return result < FIRST_YEAR_MS || result > LAST_YEAR_MS ? EPOCH_MS : Math.trunc(result);
}

/** All events of a request share its `sent_at`, so that it is parsed once. */
let lastSentAt: unknown;
let lastSentAtMs = Number.NaN;

function sentAtMs(value: unknown): number {
  if (typeof value !== "string") return dateMs(value);
  if (value !== lastSentAt) {
    lastSentAt = value;
    lastSentAtMs = parseDate(value);
  }
  return lastSentAtMs;
}

/** NaN for what is no date. Apps also set `Date` objects, and what `Date.now()` says. */
function dateMs(value: unknown): number {
  if (typeof value === "string") return parseDate(value);
  if (typeof value === "number") return value;
  return value instanceof Date ? value.getTime() : Number.NaN;
}
