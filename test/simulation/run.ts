import { judge, type Verdict } from "./invariants/index.ts";
import type { Schedule } from "./schedule.ts";
import { live } from "./world.ts";

/** A schedule that was lived, and what is to be said about it. */
export interface Lived extends Verdict {
  schedule: Schedule;
  story: readonly string[];
  calls: readonly string[];
  faults: ReadonlyMap<string, number>;
  /** Arrivals at destinations. */
  executions: number;
}

/** Lives a schedule and judges it. Takes a tenth of a second or so; the same schedule gives the same result. */
export async function run(schedule: Schedule): Promise<Lived> {
  const history = await live(schedule);
  try {
    const verdict = await judge(history);
    const { story, calls, faults, ledger } = history;
    const executions = [...ledger.arrivals.values()].reduce((sum, { length }) => sum + length, 0);
    return { ...verdict, schedule, story, calls, faults, executions };
  } finally {
    await history.close();
  }
}
