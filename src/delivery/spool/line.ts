import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";
import { readName } from "./entry.ts";

/** How long a sweep has the line for itself after its last sign of life; less than the minute between two. */
const LEASE_MS = 50_000;

/** Messages that one look at the line shows. */
export const LOOK = 100;

/** KEYS: order, lease. ARGV: now, end of the lease (ms), owner, life time of the lease (ms), last place looked at. */
const beginScript = `#!lua flags=allow-key-locking
local names = redis.call('ZRANGE', KEYS[1], 0, ARGV[5])
if #names == 0 then return names end
local held = redis.call('GET', KEYS[2])
if held and tonumber(string.match(held, '^%d+')) > tonumber(ARGV[1]) then return {} end
redis.call('SET', KEYS[2], ARGV[2] .. ' ' .. ARGV[3], 'PX', ARGV[4])
return names`;

/**
 * A sweep that has lost its lease changes nothing: another one publishes the same again, which the ids make harmless.
 * KEYS: order, bytes, lease, then the texts to remove. ARGV: end of the lease (ms), owner, life time of the lease
 * (ms), last place to look at, bytes that become free, how many go behind, then the names of these, then of those to
 * remove. Looking at none (-1) gives the lease back. Returns how many are left, and the next names.
 */
const moveOnScript = `#!lua flags=allow-key-locking
local held = redis.call('GET', KEYS[3])
if not held or string.match(held, ' (.*)$') ~= ARGV[2] then return {-1} end
local first_removed = 7 + ARGV[6]
if first_removed > 7 then
  local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
  for i = 7, first_removed - 1 do
    redis.call('ZADD', KEYS[1], 'XX', string.format('%.0f', tonumber(last or '0') + i - 6), ARGV[i])
  end
end
if #KEYS > 3 then
  redis.call('ZREM', KEYS[1], unpack(ARGV, first_removed))
  redis.call('DEL', unpack(KEYS, 4))
  redis.call('DECRBY', KEYS[2], ARGV[5])
end
local left = redis.call('ZCARD', KEYS[1])
if left == 0 then redis.call('DEL', KEYS[2]) end
if ARGV[4] == '-1' then
  redis.call('DEL', KEYS[3])
  return {left}
end
redis.call('SET', KEYS[3], ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
return {left, unpack(redis.call('ZRANGE', KEYS[1], 0, ARGV[4]))}`;

/** A message in the line. */
export type Waiting = ReturnType<typeof readName>;

/** The line of spooled messages, in order of arrival, as one sweep at a time sees it. */
export interface Line {
  /**
   * How many there are, and the first of them; none when there is none, or another sweep has the line. One command when it is
   * empty, else 5.
   */
  begin(): Promise<{ count: number; waiting: Waiting[] }>;
  /** Their texts, null for one that has been there for too long. One command. */
  read(waiting: readonly Waiting[]): Promise<(string | null)[]>;
  /**
   * Removes what was published, sends to the end what QStash finds fault with, and shows who is first then; null when the lease
   * was lost. One request of 7 commands.
   */
  moveOn(published: readonly Waiting[], faulty: readonly Waiting[]): Promise<Waiting[] | null>;
  /** Gives the lease back, and resolves to how many are left. */
  end(): Promise<number>;
}

export function createLine(options: { store: Store; owner: string; nowMs: () => number }): Line {
  const { store, owner, nowMs } = options;
  const leaseEnd = () => String(nowMs() + LEASE_MS);

  async function moveOn(
    published: readonly Waiting[],
    faulty: readonly Waiting[],
    look: number,
  ): Promise<{ left: number; next: Waiting[] }> {
    const freed = published.reduce((sum, { size }) => sum + size, 0);
    const [left, ...names] = (await store.eval(
      moveOnScript,
      [keys.spool, keys.spoolBytes, keys.spoolLease, ...published.map(({ key }) => key)],
      [
        leaseEnd(),
        owner,
        ...[LEASE_MS, look - 1, freed, faulty.length].map(String),
        ...[...faulty, ...published].map(({ name }) => name),
      ],
    )) as [number, ...string[]];
    return { left: Number(left), next: names.map(readName) };
  }

  return {
    async begin() {
      const count = Number(await store.zcard(keys.spool));
      if (count === 0) return { count, waiting: [] };
      const names = (await store.eval(
        beginScript,
        [keys.spool, keys.spoolLease],
        [String(nowMs()), leaseEnd(), owner, String(LEASE_MS), String(LOOK - 1)],
      )) as string[];
      return { count, waiting: names.map(readName) };
    },
    read: (waiting) => store.mget<(string | null)[]>(waiting.map(({ key }) => key)),
    async moveOn(published, faulty) {
      const { left, next } = await moveOn(published, faulty, LOOK);
      return left < 0 ? null : next;
    },
    async end() {
      const { left } = await moveOn([], [], 0);
      return Math.max(0, left);
    },
  };
}
