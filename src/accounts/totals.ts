import { keys } from "../keys.ts";
import type { Store } from "../store.ts";
import { addCountsLua, hourOf } from "./add.ts";
import { BOOKING_MS, HOUR_MS } from "./hours.ts";

/** Clocks of isolates may differ by less than this. */
const MARGIN_MS = HOUR_MS;

/** Hours that one script adds up. */
const HOURS_PER_SCRIPT = 100;

/**
 * Counts by five minutes stay with their hour. Whoever comes second finds that `until` has moved, and adds nothing.
 * KEYS: totals, then hours. ARGV: the last hour that was added before, the last one now, life time in s.
 */
const foldScript = `#!lua flags=allow-key-locking
${addCountsLua}
if (redis.call('HGET', KEYS[1], 'until') or '') ~= ARGV[1] then return 0 end
local sum = {}
for i = 2, #KEYS do
  local account = redis.call('HGETALL', KEYS[i])
  for j = 1, #account, 2 do
    local field = account[j]
    if string.sub(field, 1, 5) ~= 'span ' then sum[field] = (sum[field] or 0) + tonumber(account[j + 1]) end
  end
end
add_counts(KEYS[1], sum, ARGV[3])
redis.call('HSET', KEYS[1], 'until', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1`;

/**
 * Adds the hours that nothing is booked in any more to a project's totals, each once. Totals are what counts since the
 * beginning, for whoever looks at differences; kept apart from the hours, so that a delivery pays nothing for them. Two
 * requests an hour, 5 commands; once for each project up to 840 more.
 */
export async function foldAccounts(store: Store, project: string, nowMs: number): Promise<void> {
  const latestMs = nowMs - BOOKING_MS - MARGIN_MS - HOUR_MS;
  let known = await store.hget<string>(keys.accountTotals(project), "until");
  let hours = hoursAfter(known, latestMs);
  if (known === null && hours.length > 0) {
    const accounts = hours.map((hour) => keys.account(project, hour));
    // A new gateway need not look at weeks in which there was none.
    if ((await store.exists(...accounts)) === 0) hours = hours.slice(-1);
  }
  for (let from = 0; from < hours.length; from += HOURS_PER_SCRIPT) {
    const some = hours.slice(from, from + HOURS_PER_SCRIPT);
    const last = some.at(-1) ?? "";
    await store.eval(
      foldScript,
      [keys.accountTotals(project), ...some.map((hour) => keys.account(project, hour))],
      [known ?? "", last, String(keys.accountTotalsTtlSeconds)],
    );
    known = last;
  }
}

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

/** Hours after `known`, or all that are kept, up to the one of `toMs`, oldest first. */
function hoursAfter(known: string | null, toMs: number): string[] {
  const last = hourOf(toMs);
  const mostHours = keys.accountTtlSeconds / 3600;
  const hours: string[] = [];
  for (let timeMs = toMs; hours.length < mostHours; timeMs -= HOUR_MS) {
    const hour = hourOf(timeMs);
    if (known !== null && hour <= known) break;
    if (hour <= last) hours.push(hour);
  }
  return hours.toReversed();
}

function untilOf(totals: readonly string[]): string | null {
  const at = totals.indexOf("until");
  return at < 0 ? null : (totals[at + 1] ?? null);
}

function withoutUntil(totals: readonly string[]): readonly string[] {
  const at = totals.indexOf("until");
  return at < 0 ? totals : totals.toSpliced(at, 2);
}
