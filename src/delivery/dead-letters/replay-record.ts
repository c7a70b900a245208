import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";

/** What a part of a replay came to, in letters. */
export interface ReplayPart {
  /** On their way to where they failed. */
  replayed: number;
  /** Cannot be replayed, and stay. */
  refused: number;
  /** Were not there any more. */
  missing: number;
}

/** How far a replay is. */
export interface ReplayState extends ReplayPart {
  status: "running" | "done";
  /** ISO time of the latest part. */
  updatedAt: string;
}

/** Writes down a part of a replay, once however often it is done. One request, 2 commands. Rejects when Redis does. */
export async function writePart(
  store: Store,
  replay: string,
  number: number,
  done: { part: ReplayPart; isLast: boolean },
  nowMs: number,
): Promise<void> {
  const entry = JSON.stringify({ ...done.part, isLast: done.isLast, atMs: nowMs });
  await store
    .multi()
    .hset(keys.replay(replay), { [String(number)]: entry })
    .expire(keys.replay(replay), keys.replayTtlSeconds)
    .exec();
}

/** Reads how far a replay is; null when there is none of that id, or no more. One command. */
export async function readReplay(store: Store, replay: string): Promise<ReplayState | null> {
  const flat = (await store.hgetall(keys.replay(replay))) as readonly string[] | null;
  if (!flat || flat.length === 0) return null;
  const parts = flat
    .filter((_, index) => index % 2 === 1)
    .map((text) => JSON.parse(text) as ReplayPart & { isLast: boolean; atMs: number });
  const sum = (field: keyof ReplayPart) => parts.reduce((total, part) => total + part[field], 0);
  return {
    status: parts.some(({ isLast }) => isLast) ? "done" : "running",
    updatedAt: new Date(Math.max(...parts.map(({ atMs }) => atMs))).toISOString(),
    replayed: sum("replayed"),
    refused: sum("refused"),
    missing: sum("missing"),
  };
}
