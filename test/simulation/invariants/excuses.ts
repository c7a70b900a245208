import { type Disturbance, sourceOf } from "../ledger.ts";
import type { History } from "../world.ts";

/** How long an event is known by its uuid (decisions 29). */
const MEMORY_MS = 10 * 60_000;

/** Destinations that some deployments go without. */
const missing: Readonly<Record<string, readonly string[]>> = {
  "onEvent flaky": ["without flaky"],
  "exportEvents exporter": ["exporter off"],
  "onEvent listener": ["all", "reversed", "next version", "without flaky", "exporter off"],
};

/** What the faults of a history allow; nothing else may be done twice or counted otherwise. */
export interface Excuses {
  /** Faults after which what an event met may be done once more. */
  repeats(n: string): number;
  /** The same for batches, whose messages do not name their events: all faults of the history. */
  readonly repeatsOfBatches: number;
  /** Events that a client means as one, as the gateway may take them. */
  copies(n: string): number;
  /** Whether every deployment had the destination. */
  isLasting(destination: string): boolean;
  /**
   * By how much a destination's outcomes in a project may differ from what set out for it: where Redis failed a work that QStash
   * failed as well, or brought twice, or whose isolate ended, nobody knows what has been done or published of it, so that it is
   * done, and counted, again.
   */
  doubt(project: string): number;
}

export function excusesOf({ ledger, deployments, jumped }: History): Excuses {
  const hits = (n: string) => ledger.disturbances.get(sourceOf(n)) ?? [];
  const repeating = (all: readonly { what: string }[]) =>
    jumped ? Infinity : all.filter(({ what }) => /^crash| (redis|warehouse|posthog)$/.test(what)).length;
  return {
    repeats: (n) => repeating(hits(n)),
    repeatsOfBatches: repeating(ledger.allDisturbances),
    copies(n) {
      const sent = ledger.sent.get(sourceOf(n));
      if (!sent) return 1;
      const times = ledger.deliveries.get(sourceOf(n)) ?? [];
      const isLate = Math.max(...times) - Math.min(...times) >= MEMORY_MS;
      const isForgotten = hits(n).some(({ what }) => what.endsWith(" redis"));
      const taken = sent.plan.uuid === undefined || isLate || isForgotten || jumped ? sent.sent : 1;
      // What an app captures is named by the work: once by a first attempt, and by its retry, if both came about.
      return n === sourceOf(n) ? taken : taken + doubtsOf(hits(n));
    },
    isLasting: (destination) => !deployments.some((deployment) => missing[destination]?.includes(deployment)),
    doubt: (project) =>
      [...ledger.sent.values()]
        .filter((sent) => sent.project === project)
        .reduce((sum, { plan }) => sum + doubtsOf(hits(plan.n)) * (plan.event === "seed" ? 2 : 1), 0),
  };
}

/** Each pair of such faults may have an event done once more. An isolate that ends at a call of Redis is no fault of that. */
function doubtsOf(hits: readonly Disturbance[]): number {
  const times = (of: RegExp) => hits.filter(({ what }) => of.test(what)).length;
  return Math.min(times(/^(?!crash).* redis$/), times(/ (qstash|edge)$|^crash$/));
}
