import type { Item, Schedule } from "./schedule.ts";

/** Attempts at a smaller schedule: each costs a run. */
const MAX_RUNS = 200;

/** Leaves out of a schedule what it fails without: items first, halves of them at once, then single events of requests. */
export async function minimise(
  schedule: Schedule,
  fails: (smaller: Schedule) => Promise<boolean>,
): Promise<Schedule> {
  let smallest = schedule;
  let runs = 0;

  async function keepIfFails(items: readonly Item[]): Promise<boolean> {
    if (runs >= MAX_RUNS || items.length === 0) return false;
    runs += 1;
    const smaller = { ...smallest, items };
    if (!(await fails(smaller))) return false;
    smallest = smaller;
    return true;
  }

  for (
    let size = Math.ceil(schedule.items.length / 2);
    size >= 1;
    size = size > 1 ? Math.ceil(size / 2) : 0
  ) {
    for (let from = 0; from < smallest.items.length;) {
      const left = smallest.items.toSpliced(from, size);
      if (!(await keepIfFails(left))) from += size;
    }
  }
  for (let index = 0; index < smallest.items.length; index += 1) {
    for (let n = 0; ;) {
      const item = smallest.items[index];
      if (!item || !("events" in item) || n >= item.events.length || item.events.length === 1) break;
      const fewer = { ...item, events: item.events.toSpliced(n, 1) };
      if (!(await keepIfFails(smallest.items.with(index, fewer)))) n += 1;
    }
  }
  return smallest;
}
