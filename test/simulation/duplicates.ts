import { type Disturbance, type Ledger, sourceOf } from "./ledger.ts";

/** How many executions and batches were done more than once, by what brought it about. */
export type Duplicates = ReadonlyMap<string, number>;

/** In the order in which they explain a repetition. */
const causes: readonly [string, RegExp][] = [
  ["an isolate ended at work", /^crash$/],
  ["the destination's answer was lost", /^(deny|lose answer|go silent|slow|hang) (posthog|warehouse)$/],
  ["Redis was away", / redis$/],
];

/** Counts what arrived again after it had been taken, at each destination. */
export function duplicatesOf(ledger: Ledger): Duplicates {
  const found = new Map<string, number>();
  for (const [destination, arrivals] of ledger.arrivals) {
    const taken = new Map<string, number>();
    for (const { n, took } of arrivals) if (took) taken.set(n, (taken.get(n) ?? 0) + 1);
    for (const [n, times] of taken) {
      if (times === 1) continue;
      const cause = causeOf(ledger.disturbances.get(sourceOf(n)) ?? [], ledger, n, destination);
      found.set(cause, (found.get(cause) ?? 0) + times - 1);
    }
  }
  return found;
}

function causeOf(hits: readonly Disturbance[], ledger: Ledger, n: string, destination: string): string {
  const sent = ledger.sent.get(sourceOf(n));
  if (sent?.plan.uuid === undefined && (sent?.sent ?? 1) > 1) return "sent again without a uuid";
  const known = causes.find(([, pattern]) => hits.some(({ what }) => pattern.test(what)));
  if (known) return known[0];
  return destination.startsWith("exportEvents") ? "a batch was interrupted" : "something else";
}
