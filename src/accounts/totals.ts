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

/** Hours after `known`, or all that are kept, up to the one of `toMs`, oldest first. */
export function hoursAfter(known: string | null, toMs: number): string[] {
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

/** The last hour that was added to totals; null before the first. */
export function untilOf(totals: readonly string[]): string | null {
  const at = totals.indexOf("until");
  return at < 0 ? null : (totals[at + 1] ?? null);
}
