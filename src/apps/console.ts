import { summariseThrown } from "./describe-thrown.ts";
import type { LogLevel } from "./log.ts";

/** An app's `console`: five methods, each returning a promise of nothing, as PostHog's did (runtime 5). */
export type AppConsole = Record<
  "debug" | "log" | "info" | "warn" | "error",
  (...values: unknown[]) => Promise<void>
>;

/**
 * Builds an app's `console` on `write`. A value that cannot be formatted (a circular object) rejects the returned
 * promise, never the call.
 */
export function createAppConsole(write: (level: LogLevel, message: string) => void): AppConsole {
  const method = (level: LogLevel) => {
    const print = async (values: unknown[]) => write(level, values.map(format).join(" "));
    return (...values: unknown[]) => {
      const printed = print(values);
      // Apps do not await their console, so the log has to say that a line is missing.
      printed.catch((error: unknown) =>
        write(level, `(a value that console.${level.toLowerCase()} cannot print: ${summariseThrown(error)})`),
      );
      return printed;
    };
  };
  return {
    debug: method("DEBUG"),
    log: method("LOG"),
    info: method("INFO"),
    warn: method("WARN"),
    error: method("ERROR"),
  };
}

/** PostHog's formatting: the value's own text, JSON for arrays and for objects that have no text of their own. */
function format(value: unknown): string {
  if (Array.isArray(value)) return JSON.stringify(value);
  const text = String(value);
  return text === "[object Object]" ? JSON.stringify(value) : text;
}
