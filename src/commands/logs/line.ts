import type { ReadEntry } from "../../logs/stored-entry.ts";

/** Control characters but line breaks and tabs: what an app logs came from clients, and must not steer the terminal. */
const CONTROL = /[^\P{Cc}\n\t]/gu;

/** An entry as a line for the terminal, with the further lines of its message set in. */
export function logLine({ timestamp, level, source, hook, message }: ReadEntry): string {
  const speaker = source === "CONSOLE" ? "" : `[${source}] `;
  const text = message.replace(CONTROL, "\ufffd").replaceAll("\n", "\n    ");
  return `${timestamp} ${level.padEnd("DEBUG".length)} ${hook ? `${hook}: ` : ""}${speaker}${text}`;
}
