export const HOUR_MS = 3_600_000;

/**
 * What is counted late, because Redis was away, goes into the hour in which it happened, or, if that is longer ago
 * than this, into the earliest hour that is not: those before it have been added up.
 */
export const BOOKING_MS = 2 * HOUR_MS;
