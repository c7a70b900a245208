import { keys } from "../keys.ts";
import type { Store } from "../store.ts";
import { foldAccounts, hoursAfter, untilOf } from "./totals.ts";

/**
 * Reads what has been counted for projects since the beginning: what has been added up, and the hours after that. Two requests,
 * about 6 commands a project; four more of each at the first look. Each as Redis holds accounts, for `totalsOf`. Rejects when Redis does.
 */
export async function readTotals(
  store: Store,
  projects: readonly string[],
  nowMs: number,
): Promise<(readonly string[])[][]> {
  if (projects.length === 0) return [];
  const read = () => {
    const added = store.pipeline();
    for (const project of projects) added.hgetall(keys.accountTotals(project));
    return added.exec<(readonly string[] | null)[]>();
  };
  let totals = await read();
  // Until a project's first hour is over: otherwise every hour that is kept would be read.
  const unknown = projects.filter((_, index) => untilOf(totals[index] ?? []) === null);
  for (const project of unknown) await foldAccounts(store, project, nowMs);
  if (unknown.length > 0) totals = await read();

  const recent = store.pipeline();
  const counts = projects.map((project, index) => {
    const hours = hoursAfter(untilOf(totals[index] ?? []), nowMs);
    for (const hour of hours) recent.hgetall(keys.account(project, hour));
    return hours.length;
  });
  const accounts = recent.length() > 0 ? await recent.exec<(readonly string[] | null)[]>() : [];
  let from = 0;
  return projects.map((_, index) => {
    const own = accounts.slice(from, (from += counts[index] ?? 0));
    return [withoutUntil(totals[index] ?? []), ...own.map((account) => account ?? [])];
  });
}

function withoutUntil(totals: readonly string[]): readonly string[] {
  const at = totals.indexOf("until");
  return at < 0 ? totals : totals.toSpliced(at, 2);
}
