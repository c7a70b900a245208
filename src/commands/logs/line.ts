import type { ReadEntry } from "../../logs/stored-entry.ts";
import { printable } from "../printable.ts";

/** An entry as a line for the terminal, with the further lines of its message set in. */
export function logLine({ timestamp, level, source, hook, message }: ReadEntry): string {
  const speaker = source === "CONSOLE" ? "" : `[${source}] `;
  const text = printable(message).replaceAll("\n", "\n    ");
  return `${timestamp} ${level.padEnd("DEBUG".length)} ${hook ? `${hook}: ` : ""}${speaker}${text}`;
}
