import type { Expected, ExpectedEvent } from "./expected.ts";

/** One thing that an SDK was told, written down by who told it. */
export interface Told extends Omit<ExpectedEvent, "timestamp"> {
  /** When it happened on the right clock, ms since 1970. */
  atMs: number;
}

/** The project that recordings belong to. */
export const TOKEN = "phc_corpus";

/**
 * How fast the clock of every recorded client is. An event whose time is taken as it stands misses by this; below PostHog's
 * 23 hours, after which it would not be believed anyway.
 */
export const CLOCK_SKEW_MS = 25 * 60 * 1000;

/** Properties that encodings get wrong first. The last is half of an emoji, cut off as sites cut texts. */
export const AWKWARD = {
  total: 129.9,
  note: "Größe „40“ – 👟 日本語 + & % = \\ \u2028",
  items: [{ sku: "a-1", count: 2 }, { sku: "b/2" }],
  nothing: null,
  cut: "shoe \ud83d",
};

/** What must arrive of {@link AWKWARD}: half a character is none. */
export const AWKWARD_RECEIVED = { ...AWKWARD, cut: "shoe \ufffd" };

/** What the SDK was told, as the gateway must hand it on. */
export function expectationOf(told: readonly Told[]): Expected {
  return {
    token: TOKEN,
    events: told.map(({ atMs, event, distinct_id, ...rest }) => ({
      event,
      distinct_id,
      timestamp: new Date(atMs).toISOString(),
      ...rest,
    })),
  };
}
