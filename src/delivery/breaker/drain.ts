import { deriveId } from "../../derived-id.ts";
import type { RetryMessage } from "../message.ts";
import type { Run } from "../progress/run.ts";
import { outgoing } from "../publish.ts";
import type { OutgoingMessage } from "../queue.ts";
import { destinationName, type Health } from "./health.ts";
import { laneKey, laneOf } from "./lane.ts";

/** An isolate says no more often than this that a lane may go faster. */
const SAY_AGAIN_MS = 30_000;

/** Lanes that an isolate remembers to have sped up. */
const MAX_REMEMBERED = 1000;

/**
 * Notes how a destination did, and resolves to the message that makes its lane go faster, if it is back: an empty one
 * with the limits for that. A message that comes by a lane says so again, because one that was published a moment after
 * the first may have slowed the lane down.
 */
export type NoteHealth = (
  run: Run,
  message: { id: string; project: string; destination: RetryMessage["destination"]; lane?: true },
  health: Health | undefined,
) => OutgoingMessage[];

export function createNoteHealth(now: () => Date): NoteHealth {
  const saidMs = new Map<string, number>();

  return (run, { id, project, destination, lane: isFromLane }, health) => {
    const name = destinationName(destination);
    const isClosed = run.gate(name).pace === null;
    if (health) run.observe(name, health);
    const isBack = health ? health.is === "up" && (isFromLane || !isClosed) : isFromLane && isClosed;
    return isBack ? drain(id, project, destination) : [];
  };

  function drain(id: string, project: string, destination: RetryMessage["destination"]): OutgoingMessage[] {
    const key = laneKey(project, destination);
    const nowMs = now().getTime();
    if (nowMs - (saidMs.get(key) ?? 0) < SAY_AGAIN_MS) return [];
    if (saidMs.size >= MAX_REMEMBERED) saidMs.clear();
    saidMs.set(key, nowMs);
    return [drainMessage(deriveId("drain", id), project, destination, nowMs)];
  }
}

/** Has QStash bring what waits for a destination at the pace of recovery. */
export function drainMessage(
  id: string,
  project: string,
  destination: RetryMessage["destination"],
  nowMs: number,
): OutgoingMessage {
  const message = outgoing("retry", { id, project, destination, attempt: 0, firstAt: nowMs, events: [] });
  return { ...message, flow: laneOf(project, destination, "drain") };
}
