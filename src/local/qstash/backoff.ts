import { parseDuration, responseUnits } from "./duration.ts";
import { parseRetryDelay } from "./retry-delay.ts";

const MAX_DELAY_MS = 24 * 60 * 60 * 1000;

/** In the order in which they are believed. */
const delayHeaders = [
  "retry-after",
  "x-ratelimit-reset",
  "x-ratelimit-reset-requests",
  "x-ratelimit-reset-tokens",
];

/**
 * Milliseconds to wait before the next attempt. A delay that the destination's answer asks for wins, then the message's
 * own expression, then QStash's default of min(86400, e^(2.5 n)) seconds with n = 1 for the first retry. An answer that
 * asks for more than a day is not heeded; an expression that yields no finite number counts as none (QStash: Retry).
 */
export function backoffMs(attempt: {
  response: Headers;
  expression?: string | undefined;
  /** Retries made before the attempt that just failed. */
  retried: number;
  now: number;
}): number {
  const requested = requestedDelayMs(attempt.response, attempt.now);
  if (requested !== null && requested <= MAX_DELAY_MS) return requested;
  if (attempt.expression !== undefined) {
    const delayMs = parseRetryDelay(attempt.expression)(attempt.retried);
    if (Number.isFinite(delayMs)) return Math.max(0, Math.round(delayMs));
  }
  return Math.min(MAX_DELAY_MS, Math.floor(Math.exp(2.5 * (attempt.retried + 1))) * 1000);
}

function requestedDelayMs(headers: Headers, now: number): number | null {
  for (const name of delayHeaders) {
    const value = headers.get(name)?.trim();
    if (value === undefined || value === "") continue;
    const delayMs = parseDelay(value, now);
    if (delayMs !== null) return delayMs;
  }
  return null;
}

/** Seconds, a Go duration, or an RFC 1123 date; null for anything else. */
function parseDelay(value: string, now: number): number | null {
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  const durationMs = parseDuration(value, responseUnits);
  if (durationMs !== null) return durationMs;
  if (!/^[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value)) return null;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
