import type { LogEntry } from "../apps/log.ts";

/** An entry as people read it; they know whose log they asked for. */
export type ReadEntry = Omit<LogEntry, "plugin" | "project">;

const ID = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z-[\da-z]{8}-[\da-f]{8}$/;

/** Whether a text is the id of an entry. */
export function isEntryId(text: string): boolean {
  return ID.test(text);
}

/**
 * An entry as a member of the sorted set: `<id> <json>`. Ids sort as text: by time, then in the order of logging within
 * an isolate, whose clock may stand still.
 */
export function encodeEntry(entry: LogEntry, sequence: number, isolate: string): string {
  const { timestamp, level, source, hook, message } = entry;
  const id = `${timestamp}-${sequence.toString(36).padStart(8, "0")}-${isolate}`;
  return `${id} ${JSON.stringify({ level, source, hook, message })}`;
}

export function decodeEntry(member: string): { id: string; entry: ReadEntry } {
  const space = member.indexOf(" ");
  const id = member.slice(0, space);
  const rest = JSON.parse(member.slice(space + 1)) as Omit<ReadEntry, "timestamp">;
  return { id, entry: { timestamp: id.slice(0, id.indexOf("Z") + 1), ...rest } };
}
