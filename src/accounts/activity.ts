import type { Store } from "../store.ts";
import { fields, spanOf } from "./counts.ts";
import { HOUR_MS } from "./hours.ts";
import { hoursBetween, readHours, type StoredAccount, type Totals, totalsOf } from "./read.ts";

const SPAN_MS = 5 * 60_000;
/** Failures of this hour and the one before count as recent. */
export const RECENT_HOURS = 2;

/** How many events were accepted in the span that begins at this time. */
export interface Span {
  at: Date;
  value: number;
}

/** What some projects did within the last 24 hours, the current one among them. */
export interface Activity {
  totals: Totals;
  /** By hour, the earliest first. */
  day: readonly Span[];
  /** The last hour, by five minutes. */
  hour: readonly Span[];
  projects: readonly ProjectActivity[];
}

export interface ProjectActivity {
  project: string;
  day: Totals;
  /** Of the latest `RECENT_HOURS`. */
  recent: Totals;
}

/** Reads the last day of some projects: a request to Redis of 24 commands for each. Rejects when Redis does. */
export async function readActivity(
  store: Store,
  projects: readonly string[],
  nowMs: number,
): Promise<Activity> {
  const hours = hoursBetween(nowMs - 23 * HOUR_MS, nowMs).toReversed();
  const accounts = await Promise.all(projects.map((project) => readHours(store, project, hours)));
  const acceptedIn = (hour: number) => totalsOf(accounts.map((account) => account[hour] ?? null)).accepted;
  const spans = Array.from({ length: HOUR_MS / SPAN_MS }, (_, back) => nowMs - back * SPAN_MS).toReversed();
  return {
    totals: totalsOf(accounts.flat()),
    day: hours.map((hour, index) => ({ at: new Date(`${hour}:00Z`), value: acceptedIn(index) })),
    hour: spans.map((timeMs) => {
      const span = spanOf(timeMs);
      const value = accounts
        .flat()
        .reduce((sum, account) => sum + numberIn(account, fields.acceptedIn(span)), 0);
      return { at: new Date(`${span}Z`), value };
    }),
    projects: projects.map((project, index) => {
      const hourly = accounts[index] ?? [];
      return { project, day: totalsOf(hourly), recent: totalsOf(hourly.slice(-RECENT_HOURS)) };
    }),
  };
}

function numberIn(account: StoredAccount, field: string): number {
  const at = account?.findIndex((name, index) => index % 2 === 0 && name === field) ?? -1;
  return at < 0 ? 0 : Number(account?.[at + 1]);
}
