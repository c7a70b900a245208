import { Buffer } from "node:buffer";
import type { ProcessedEvent } from "../../pipeline/index.ts";

/** An event accepted again within this time is a duplicate (decisions 29). */
export const MARK_WINDOW_MS = 10 * 60_000;

/**
 * Most marks of a project and ten minutes: about 60 MB, below Upstash's 100 MB for one record. Past it no more are set, and
 * events that come twice are delivered twice.
 */
export const MAX_MARKS = 1_000_000;

/** Marks read or written by one Redis command, as many as Lua passes on at once. */
export const MARKS_PER_COMMAND = 1000;

/** Which events of a message carry a uuid of their client's: all, those at these positions, or none. */
export type Marked = true | readonly number[] | undefined;

export function markedOf(events: readonly ProcessedEvent[], clientUuids: ReadonlySet<string>): Marked {
  if (clientUuids.size === 0) return undefined;
  const positions: number[] = [];
  events.forEach(({ uuid }, position) => {
    if (clientUuids.has(uuid)) positions.push(position);
  });
  if (positions.length === events.length) return true;
  return positions.length === 0 ? undefined : positions;
}

/** What a message asks the marks about. */
export interface Question {
  /** Each once, in the compact form of a mark's name, with the position of its first event. */
  names: readonly string[];
  positions: readonly number[];
  /** Events whose uuid stands earlier in the same message. */
  repeated: readonly number[];
}

export function questionOf(events: readonly ProcessedEvent[], marked: Marked): Question {
  const first = new Map<string, number>();
  const repeated: number[] = [];
  for (const position of marked === true ? events.keys() : (marked ?? [])) {
    const uuid = events[position]?.uuid;
    if (uuid === undefined) continue;
    if (first.has(uuid)) repeated.push(position);
    else first.set(uuid, position);
  }
  return { names: [...first.keys()].map(compact), positions: [...first.values()], repeated };
}

/** 22 characters for 36, all bits kept: marks are most of what the gateway stores. */
function compact(uuid: string): string {
  return Buffer.from(uuid.replaceAll("-", ""), "hex").toString("base64url");
}
