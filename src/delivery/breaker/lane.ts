import { deriveId } from "../../derived-id.ts";
import type { Destination, RetryMessage } from "../message.ts";

/**
 * How fast QStash brings the messages that wait for a destination: while it is down one a minute, each a probe; while it is
 * parked, where only a person helps, one in a quarter of an hour; once it is back as many as it surely bears beside what comes
 * in, at half of the parallelism of QStash's smallest plan.
 */
export const LANE_PACES = {
  open: { rate: 1, periodSeconds: 60, parallelism: 1 },
  parked: { rate: 1, periodSeconds: 900, parallelism: 1 },
  drain: { rate: 10, periodSeconds: 1, parallelism: 5 },
} as const;

export type Pace = keyof typeof LANE_PACES;
export type SlowPace = Exclude<Pace, "drain">;

/** QStash's flow control as a message carries it. */
export interface Lane {
  key: string;
  rate: number;
  period: number;
  parallelism: number;
}

/**
 * The flow-control key under which a destination's messages wait in QStash. Which of their limits are in force QStash says in
 * two ways: those of the message published last, or the highest of all that wait. Nothing here depends on which.
 */
export function laneOf(
  project: string,
  destination: Destination | RetryMessage["destination"],
  pace: Pace,
): Lane {
  const { rate, periodSeconds, parallelism } = LANE_PACES[pace];
  return { key: laneKey(project, destination), rate, period: periodSeconds, parallelism };
}

/** Tokens and folders may hold what QStash takes in no key. */
export function laneKey(project: string, destination: Destination | RetryMessage["destination"]): string {
  const plugin = "plugin" in destination ? destination.plugin : "";
  return `${destination.hook}.${deriveId("lane", project, destination.hook, plugin)}`;
}
