export const HOUR_MS = 3_600_000;

/**
 * What is counted late, because Redis was away, is counted in the hour in which it happened if that is no longer ago than this,
 * and else in the last such hour: earlier ones have been added up.
 */
export const BOOKING_MS = 2 * HOUR_MS;
