import type { ReadFrames } from "./frames.ts";

/** How deep causes and the errors of an `AggregateError` are followed, and how many of the latter are shown. */
const MAX_DEPTH = 5;
const MAX_ERRORS = 5;

const WITHOUT_TEXT = "(a thrown value that has no text)";

/**
 * An app's thrown value as text for its log: an error's name and message with the app's own frames and its causes, and
 * anything else as `console.log` shows it. Never throws, whatever the app has thrown.
 */
export function describeThrown(thrown: unknown, readFrames: ReadFrames): string {
  try {
    return describe(thrown, readFrames, 0);
  } catch {
    // Its text is code of the app's too, and fails.
    return WITHOUT_TEXT;
  }
}

/** An app's thrown value in one line, for messages that surround it. Never throws. */
export function summariseThrown(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : textOf(thrown);
  } catch {
    return WITHOUT_TEXT;
  }
}

function describe(thrown: unknown, readFrames: ReadFrames, depth: number): string {
  if (!(thrown instanceof Error)) return textOf(thrown);
  const { stack, cause } = thrown;
  const lines = [String(thrown), ...(typeof stack === "string" ? readFrames(stack) : [])];
  if (depth < MAX_DEPTH) {
    const errors: unknown = thrown instanceof AggregateError ? thrown.errors : [];
    const inner = Array.isArray(errors) ? errors.slice(0, MAX_ERRORS) : [];
    for (const error of inner) lines.push(`One of its errors: ${describe(error, readFrames, depth + 1)}`);
    if (cause !== undefined && cause !== null) {
      lines.push(`Caused by: ${describe(cause, readFrames, depth + 1)}`);
    }
  }
  return lines.join("\n");
}

function textOf(thrown: unknown): string {
  const text = String(thrown);
  return text === "[object Object]" || Array.isArray(thrown) ? (JSON.stringify(thrown) ?? text) : text;
}
