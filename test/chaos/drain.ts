import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { keys } from "../../src/keys.ts";
import { keys as queueKeys } from "../../src/local/qstash/keys.ts";
import type { World } from "./world.ts";

const POLL_MS = 500;
/** Cron ticks come sooner than in earnest, where they come every minute. */
const TICK_MS = 5000;
/** Looks in a row that must find nothing on its way. */
const QUIET_LOOKS = 4;

/** What is on its way. */
export interface Depth {
  messages: number;
  buffers: number;
}

/** Waits until nothing is on its way any more. Resolves to what still is after `patienceMs`. */
export async function drain(
  world: World,
  options: { patienceMs: number; onLook?: (depth: Depth) => void },
): Promise<Depth> {
  const end = Date.now() + options.patienceMs;
  let nextTick = 0;
  let quiet = 0;
  for (;;) {
    if (Date.now() >= nextTick) {
      await world.tick();
      nextTick = Date.now() + TICK_MS;
    }
    const depth = await depthOf(world.redis);
    options.onLook?.(depth);
    quiet = depth.messages === 0 && depth.buffers === 0 ? quiet + 1 : 0;
    if (quiet >= QUIET_LOOKS || Date.now() > end) return depth;
    await sleep(POLL_MS);
  }
}

/** Counts messages in QStash and in the spool, and keys of export buffers and their batches. */
export async function depthOf(redis: Redis): Promise<Depth> {
  const parts = Array.from({ length: queueKeys.messageParts }, (_, part) =>
    redis.scard(queueKeys.messages(part)),
  );
  const spooled = redis.zcard(keys.spool);
  const messages = (await Promise.all([spooled, ...parts])).reduce((sum, count) => sum + count, 0);
  return { messages, buffers: (await scan(redis, "export:*")).length };
}

/** Names of all keys that match a pattern. */
export async function scan(redis: Redis, pattern: string): Promise<string[]> {
  const names = new Set<string>();
  let cursor = "0";
  do {
    const [next, found] = await redis.scan(cursor, "MATCH", pattern, "COUNT", 2000);
    for (const name of found) names.add(name);
    cursor = next;
  } while (cursor !== "0");
  return [...names];
}
