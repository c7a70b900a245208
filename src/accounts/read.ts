import { keys } from "../keys.ts";
import type { Store } from "../store.ts";
import { hourOf } from "./add.ts";
import { HOUR_MS } from "./hours.ts";
import type { Outcome, Outcomes } from "./counts.ts";

const none = { routed: 0, delivered: 0, ignored: 0, dead: 0, retried: 0 };

/** A project's accounts over a range of hours. */
export interface Totals {
  accepted: number;
  duplicate: number;
  /** Events that an app's `processEvent` dropped, by folder. */
  dropped: Readonly<Record<string, number>>;
  /** What `processEvent` of each app did with the others that reached it, by folder. */
  processed: Readonly<Record<string, number>>;
  failed: Readonly<Record<string, number>>;
  /** Calls of hooks that were waited for, by the longest time (ms) of their span. */
  waits: readonly Wait[];
  /** Events that capture refused, by reason; not among the accepted. */
  invalid: Readonly<Record<string, number>>;
  destinations: readonly DestinationTotals[];
}

/** How often a hook was waited for no longer than `boundMs`, and longer than the bound before. */
export interface Wait {
  hook: string;
  plugin: string;
  boundMs: number;
  calls: number;
}

/** What became of dead letters; absent where nothing has. */
export type DestinationTotals = Outcomes &
  Record<keyof typeof none, number> & {
    hook: string;
    /** Absent for PostHog. */
    plugin?: string;
  };

/** An hour's account as Redis holds it: fields and numbers in turn, null where nothing was counted. */
export type StoredAccount = readonly string[] | null;

/**
 * Reads the hours that `fromMs` and `toMs` lie in and all between, at most as many as are kept. One request, one command an
 * hour. Rejects when Redis does.
 */
export async function readAccounts(
  store: Store,
  project: string,
  fromMs: number,
  toMs: number,
): Promise<Totals> {
  return totalsOf(await readHours(store, project, hoursBetween(fromMs, toMs)));
}

/** The same hours one by one, named as `hourOf` does, the latest first. */
export function hoursBetween(fromMs: number, toMs: number): string[] {
  const mostHours = keys.accountTtlSeconds / 3600;
  const hours: string[] = [];
  for (let timeMs = toMs; hours.length < mostHours && hourOf(timeMs) >= hourOf(fromMs); timeMs -= HOUR_MS) {
    hours.push(hourOf(timeMs));
  }
  return hours;
}

/** A project's accounts of these hours, in their order. One request, one command an hour. Rejects when Redis does. */
export async function readHours(
  store: Store,
  project: string,
  hours: readonly string[],
): Promise<StoredAccount[]> {
  if (hours.length === 0) return [];
  const pipeline = store.pipeline();
  for (const hour of hours) pipeline.hgetall(keys.account(project, hour));
  return pipeline.exec<StoredAccount[]>();
}

/** Sums accounts. */
export function totalsOf(accounts: readonly StoredAccount[]): Totals {
  const totals = { accepted: 0, duplicate: 0, dropped: {}, processed: {}, failed: {}, invalid: {} };
  const waits = new Map<string, Wait>();
  const destinations = new Map<string, DestinationTotals>();
  for (const account of accounts.filter((found) => found !== null)) {
    for (let index = 0; index + 1 < account.length; index += 2) {
      const [kind = "", ...words] = (account[index] ?? "").split(" ");
      const number = Number(account[index + 1]);
      if (kind === "accepted" || kind === "duplicate") totals[kind] += number;
      else if (kind === "invalid") add(totals.invalid, words.join(" "), number);
      else if (kind === "dropped" || kind === "processed" || kind === "failed") {
        add(totals[kind], words.at(-1) ?? "", number);
      } else if (kind === "waited") addWait(waits, words, number);
      else if (kind !== "span") {
        const destination = destinationOf(destinations, words);
        destination[kind as Outcome] = (destination[kind as Outcome] ?? 0) + number;
      }
    }
  }
  return { ...totals, waits: [...waits.values()], destinations: [...destinations.values()] };
}

function add(sums: Record<string, number>, name: string, number: number): void {
  sums[name] = (sums[name] ?? 0) + number;
}

/** The words are a hook's, the bound, and the app's folder, which has no blanks; the name of a job may have some. */
function addWait(known: Map<string, Wait>, words: readonly string[], calls: number): void {
  const name = words.join(" ");
  const wait = known.get(name) ?? {
    hook: words.slice(0, -2).join(" "),
    plugin: words.at(-1) ?? "",
    boundMs: Number(words.at(-2)),
    calls: 0,
  };
  wait.calls += calls;
  known.set(name, wait);
}

/** The words are a hook's, and the app's folder but for PostHog. */
function destinationOf(known: Map<string, DestinationTotals>, words: readonly string[]): DestinationTotals {
  const name = words.join(" ");
  const found = known.get(name);
  if (found) return found;
  const plugin = words.length > 1 ? words.at(-1) : undefined;
  const hook = plugin === undefined ? name : words.slice(0, -1).join(" ");
  const made = { hook, ...(plugin === undefined ? {} : { plugin }), ...none };
  known.set(name, made);
  return made;
}
