import type { Command, RedisBackend } from "../redis/backend.ts";
import type { Flow } from "./flow-control.ts";
import { keys } from "./keys.ts";
import type { FlowLimits } from "./message.ts";
import { pairs, transact } from "./redis.ts";

const DEFAULT_PERIOD_MS = 1000;

/** Reads a key, pinned limits before those that messages brought; null when nothing is known of it. */
export async function readFlow(backend: RedisBackend, key: string): Promise<Flow | null> {
  const [own, overrides] = (
    await transact(backend, [
      ["HGETALL", keys.flow(key)],
      ["HGETALL", keys.flowOverrides(key)],
    ])
  ).map(pairs);
  if (own === undefined || overrides === undefined || own.size + overrides.size === 0) return null;
  const pinnedRate = overrides.has("rate");
  const pinnedParallelism = overrides.has("parallelism");
  const parallelism = (pinnedParallelism ? overrides : own).get("parallelism");
  const rate = (pinnedRate ? overrides : own).get("rate");
  return {
    parallelism: parallelism === undefined ? undefined : Number(parallelism),
    rate: rate === undefined ? undefined : Number(rate),
    periodMs: Number((pinnedRate ? overrides : own).get("periodMs") ?? DEFAULT_PERIOD_MS),
    paused: overrides.has("paused"),
    pinnedParallelism,
    pinnedRate,
    count: Number(own.get("count") ?? 0),
    periodStart: Number(own.get("periodStart") ?? 0),
  };
}

/** Puts the limits of a newly accepted message in force for its key (QStash: pins excepted, the last message decides). */
export function limitCommands(limits: FlowLimits, now: number): Command[] {
  const fields = ["periodMs", `${limits.periodSeconds * 1000}`];
  if (limits.parallelism !== undefined) fields.push("parallelism", `${limits.parallelism}`);
  if (limits.rate !== undefined) fields.push("rate", `${limits.rate}`);
  return [
    ["HDEL", keys.flow(limits.key), "parallelism", "rate"],
    ["HSET", keys.flow(limits.key), ...fields],
    ["PEXPIRE", keys.flow(limits.key), `${keys.flowMs}`],
    ["ZADD", keys.flows, `${now}`, limits.key],
    ["ZREMRANGEBYSCORE", keys.flows, "-inf", `${now - keys.flowMs}`],
  ];
}

/** Stores what the limits have admitted. */
export function countCommands(key: string, flow: Pick<Flow, "count" | "periodStart">): Command[] {
  return [
    ["HSET", keys.flow(key), "count", `${flow.count}`, "periodStart", `${flow.periodStart}`],
    ["PEXPIRE", keys.flow(key), `${keys.flowMs}`],
  ];
}

export interface Pin {
  parallelism: number | undefined;
  rate: number | undefined;
  periodSeconds: number;
}

/** Fixes limits until they are unpinned, and starts counting anew (QStash: Pin Configuration). */
export function pinCommands(key: string, pin: Pin, now: number): Command[] {
  const fields: string[] = [];
  if (pin.parallelism !== undefined) fields.push("parallelism", `${pin.parallelism}`);
  if (pin.rate !== undefined) fields.push("rate", `${pin.rate}`, "periodMs", `${pin.periodSeconds * 1000}`);
  return [
    ["HSET", keys.flowOverrides(key), ...fields],
    ...countCommands(key, { count: 0, periodStart: now }),
  ];
}

/** Lifts pins; their limits stay in force until a message brings others (QStash: Unpin Configuration). */
export async function unpinFlow(
  backend: RedisBackend,
  key: string,
  what: { parallelism: boolean; rate: boolean },
): Promise<void> {
  const names = [...(what.parallelism ? ["parallelism"] : []), ...(what.rate ? ["rate", "periodMs"] : [])];
  const overrides = pairs(await backend.command(["HGETALL", keys.flowOverrides(key)]));
  const lifted = names.filter((name) => overrides.has(name));
  if (lifted.length === 0) return;
  await transact(backend, [
    ["HSET", keys.flow(key), ...lifted.flatMap((name) => [name, overrides.get(name) ?? ""])],
    ["PEXPIRE", keys.flow(key), `${keys.flowMs}`],
    ["HDEL", keys.flowOverrides(key), ...lifted],
  ]);
}
