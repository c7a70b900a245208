import { duplicatesOf, type Duplicates } from "../duplicates.ts";
import type { History } from "../world.ts";
import { checkBalance } from "./balance.ts";
import { readEvidence } from "./evidence.ts";
import { excusesOf } from "./excuses.ts";
import { checkNothingLost } from "./losses.ts";
import { checkRemains } from "./remains.ts";
import { checkArrivals, checkRepeats } from "./repeats.ts";
import { checkSecrets } from "./secrets.ts";

/** What a history breaks of what is promised, a line for each; and what was delivered more than once, by cause. */
export interface Verdict {
  violations: string[];
  duplicates: Duplicates;
}

export async function judge(history: History): Promise<Verdict> {
  const { ledger } = history;
  const evidence = await readEvidence(history);
  const excuses = excusesOf(history);
  return {
    violations: [
      ...ledger.violations,
      // A clock that is set back makes a run believe in its lease for longer than Redis does.
      ...(history.jumped ? [] : ledger.overlaps),
      ...checkBalance(evidence, excuses),
      ...checkNothingLost(history, evidence, excuses),
      ...checkRepeats(history, excuses),
      ...checkArrivals(history, evidence, excuses),
      ...(await checkRemains(history, evidence)),
      ...(await checkSecrets(history, evidence)),
    ],
    duplicates: duplicatesOf(ledger),
  };
}
