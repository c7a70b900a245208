import { parseDate } from "../date.ts";

/** PostHog takes smaller numbers for seconds sent by mistake, and ignores them. */
const FIRST_MS = Date.UTC(2021, 0, 1);
const LAST_MS = Date.UTC(9999, 11, 31);

/** ISO time of dispatch from unix ms; undefined outside the years 2021 to 9999. */
export function sentAtOfMs(ms: number): string | undefined {
  return ms >= FIRST_MS && ms <= LAST_MS ? new Date(ms).toISOString() : undefined;
}

/** `sent_at` of an envelope or event: a date text as it stands, or unix ms; undefined when it is no time. Never throws. */
export function readSentAt(value: unknown): string | undefined {
  if (typeof value === "string") return Number.isNaN(parseDate(value)) ? undefined : value;
  return typeof value === "number" ? sentAtOfMs(value) : undefined;
}
