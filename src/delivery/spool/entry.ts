import { keys } from "../../keys.ts";
import type { OutgoingMessage } from "../queue.ts";

/** What Redis needs for a message beside its text. */
const OVERHEAD_BYTES = 300;

/** Bytes that a message takes in Redis, of which its text has so many. */
export function sizeOf(textBytes: number): number {
  return textBytes + OVERHEAD_BYTES;
}

/** A message's name in the line: how many bytes it takes, and where its text is. */
export function nameOf({ route, id }: Pick<OutgoingMessage, "route" | "id">, size: number): string {
  return `${size} ${route} ${id}`;
}

/** Reads what `nameOf` has written. */
export function readName(name: string): { name: string; size: number; key: string } {
  const [size = "0", route = "", id = ""] = name.split(" ");
  return { name, size: Number(size), key: keys.spooled(route, id) };
}

/**
 * A message as text: what QStash is to be told about it as JSON, a line feed, and its body as it is, since that is JSON
 * already. A message that was to wait becomes one that is due at a time (ms).
 */
export function writeEntry({ body, delaySeconds, ...rest }: OutgoingMessage, nowMs: number): string {
  const due = delaySeconds ? { dueMs: nowMs + delaySeconds * 1000 } : {};
  return `${JSON.stringify({ ...rest, ...due })}\n${body}`;
}

/** The message of a text, with what is left of its delay. */
export function readEntry(text: string, nowMs: number): OutgoingMessage {
  const end = text.indexOf("\n");
  const { dueMs = 0, ...rest } = JSON.parse(text.slice(0, end)) as Omit<OutgoingMessage, "body"> & {
    dueMs?: number;
  };
  const delaySeconds = Math.max(0, Math.ceil((dueMs - nowMs) / 1000));
  return { ...rest, body: text.slice(end + 1), ...(delaySeconds > 0 ? { delaySeconds } : {}) };
}
