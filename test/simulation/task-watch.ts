import type { Ledger } from "./ledger.ts";
import type { Call, Work } from "./network.ts";

/** Watches runs of scheduled tasks: once another run of a task has acted, an earlier one may not act any more. */
export interface TaskWatch {
  onCall(call: Call): void;
}

export function createTaskWatch(ledger: Ledger): TaskWatch {
  const acting = new Map<string, Work>();
  const superseded = new WeakSet<Work>();
  return {
    onCall({ to, path, work }) {
      if (to !== "warehouse" || !path.startsWith("/task/") || !work) return;
      const task = work.project ?? "";
      const before = acting.get(task);
      if (superseded.has(work)) {
        ledger.overlaps.push(
          `${work.isolate.name} ${work.what} acts for a task that another run has begun since`,
        );
      }
      if (before && before !== work) superseded.add(before);
      acting.set(task, work);
    },
  };
}
