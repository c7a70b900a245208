import { Redis } from "@upstash/redis";
import { hourOf } from "../../../src/accounts/add.ts";
import { countsAt, countsOfAccepted, fields } from "../../../src/accounts/counts.ts";
import { keys } from "../../../src/keys.ts";
import type { Stack } from "../../../src/local/stack.ts";

const MINUTE_MS = 60_000;
const STEP_MS = 5 * MINUTE_MS;
const STEPS = (24 * 60) / 5;

/** Writes a day of a shop's accounts, every five minutes of it: quiet at night, busy in the evening, and always the same. */
export async function bringHistory(stack: Stack, project: string, nowMs: number): Promise<void> {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = stack.env;
  const pipeline = new Redis({ url, token }).pipeline();
  for (let step = 1; step <= STEPS; step += 1) {
    const atMs = nowMs - step * STEP_MS;
    const key = keys.account(project, hourOf(atMs));
    for (const [field, count] of Object.entries(countsOf(atMs, step))) pipeline.hincrby(key, field, count);
  }
  await pipeline.exec();
}

function countsOf(atMs: number, step: number): Record<string, number> {
  const hour = new Date(atMs).getUTCHours() + new Date(atMs).getUTCMinutes() / 60;
  const rhythm = 0.55 - 0.45 * Math.cos(((hour - 4) / 24) * 2 * Math.PI);
  const accepted = Math.round(40 + 160 * rhythm + 14 * Math.sin(step * 2.4));
  const dropped = Math.round(accepted * 0.06);
  const left = accepted - dropped;
  return {
    ...countsOfAccepted(accepted, atMs),
    [fields.dropped("bot-filter")]: dropped,
    [fields.processed("bot-filter")]: left,
    [fields.processed("exchange")]: left,
    ...countsAt({ hook: "posthog" }, { routed: left, delivered: left }),
    ...countsAt(
      { plugin: "warehouse", hook: "onEvent" },
      { routed: left, delivered: left, retried: step % 9 === 0 ? 2 : 0 },
    ),
  };
}
