import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";
import { readName } from "./entry.ts";

/** In so many sweeps, one a minute, each message has its turn: five days, of the fourteen that Redis keeps it for. */
const SWEEPS_PER_ROUND = 5 * 24 * 60;

/**
 * Keeps what waits in the line for longer: however long QStash is away, nothing expires as long as there are sweeps, and what
 * is too much is refused when it comes (`SPOOL_MAX_BYTES`). A part of the line has its turn in each minute: two requests, 4
 * commands, and one more for each 7,200 messages that wait.
 */
export async function renewSpool(store: Store, count: number, nowMs: number): Promise<void> {
  const turn = Math.ceil(count / SWEEPS_PER_ROUND);
  const from = (Math.floor(nowMs / 60_000) * turn) % count;
  const names = await store.zrange<string[]>(keys.spool, from, from + turn - 1);
  const renewing = store.pipeline();
  const kept = [keys.spool, keys.spoolBytes, ...names.map((name) => readName(name).key)];
  for (const key of kept) renewing.expire(key, keys.spoolTtlSeconds);
  await renewing.exec();
}
