import type { RetryMessage } from "../delivery/message.ts";

/**
 * What becomes of an event at one destination. `routed` is everything that set out for it; each of those ends as exactly one
 * of `delivered`, `ignored` or `dead`, or is still on its way. `retried` is for information: how often one was put off.
 *
 * Of the dead, `replayed` were sent out again, and are among the routed once more; `deleted` were deleted by a person,
 * `expired` were dropped for their age or for want of room. The others are dead letters still.
 */
export type Outcome =
  | "routed"
  | "delivered"
  | "ignored"
  | "dead"
  | "retried"
  | "replayed"
  | "deleted"
  | "expired";

/** How many events met which outcome, at one destination. */
export type Outcomes = Partial<Record<Outcome, number>>;

/** What is added to a project's accounts: numbers by field. */
export type Counts = Readonly<Record<string, number>>;

/**
 * Names of the fields of an hour's account: an outcome, then the hook and the app's folder where it has them.
 * For a whole project `accepted` = `dropped` + `duplicate` + the survivors, and every survivor is `routed` to each destination.
 */
export const fields = {
  /** Usable events of requests that were answered with success. */
  accepted: "accepted",
  /** Accepted events of five minutes (`2036-03-01T10:05`), so that there is a rate to show. */
  acceptedIn: (span: string) => `span ${span}`,
  /** Accepted events that were accepted before. */
  duplicate: "duplicate",
  dropped: (plugin: string) => `dropped processEvent ${plugin}`,
  /** Events that an app's `processEvent` let go on, and those that it failed with. */
  processed: (plugin: string) => `processed processEvent ${plugin}`,
  failed: (plugin: string) => `failed processEvent ${plugin}`,
  /** Calls of a hook that were waited for, by the longest time (ms) of the span that they fall into. */
  waited: (boundMs: number, hook: string, plugin: string) => `waited ${hook} ${boundMs} ${plugin}`,
  /** Events that capture refused, which are not among the accepted. */
  invalid: (reason: string) => `invalid ${reason}`,
  at: (outcome: Outcome, hook: string, plugin?: string) =>
    plugin === undefined ? `${outcome} ${hook}` : `${outcome} ${hook} ${plugin}`,
};

/** Outcomes at a destination as fields; what is zero is left out. */
export function countsAt(destination: RetryMessage["destination"], outcomes: Outcomes): Counts {
  const plugin = "plugin" in destination ? destination.plugin : undefined;
  const counts: Record<string, number> = {};
  for (const [outcome, number] of Object.entries(outcomes)) {
    if (number) counts[fields.at(outcome as Outcome, destination.hook, plugin)] = number;
  }
  return counts;
}

const SPAN_MS = 5 * 60_000;

/** The five minutes in which a time lies, as fields name them, in UTC. */
export function spanOf(timeMs: number): string {
  return new Date(timeMs - (timeMs % SPAN_MS)).toISOString().slice(0, "2036-03-01T10:05".length);
}

/** What was accepted, as fields: in all, and when. */
export function countsOfAccepted(number: number, atMs: number): Counts {
  return { [fields.accepted]: number, [fields.acceptedIn(spanOf(atMs))]: number };
}

/** What was dropped, by folder, as fields. */
export function countsOfDropped(dropped: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(dropped).map(([plugin, number]) => [fields.dropped(plugin), number]),
  );
}

/** The sum of several, field by field. */
export function sumCounts(all: Iterable<Counts>): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const counts of all) {
    for (const [field, number] of Object.entries(counts)) sum[field] = (sum[field] ?? 0) + number;
  }
  return sum;
}
