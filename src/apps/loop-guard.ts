import { currentInvocation } from "./scope.ts";

/** Decides about a loop that is still going; see `AppHost.loop`. */
export type LoopGuard = (iterations: number, startedAtMs: number, line: number, column: number) => number;

/** Calls of `then` methods that apps may write themselves, in one piece of work. */
const MAX_THENABLES = 100_000;

/** Cuts a promise of an app's own making that resolves with itself; see `AppHost.thenable`. */
export function guardThenable(line: number, column: number): void {
  const scope = currentInvocation.getStore()?.scope;
  if (!scope) return;
  scope.thenables += 1;
  if (scope.thenables <= MAX_THENABLES) return;
  throw new Error(
    `then was called ${MAX_THENABLES} times on line ${line}:${column}: a promise that resolves with itself never ends`,
  );
}

/**
 * Cuts loops that do not end: past `limit` iterations in one call, or past `timeoutMs` where the clock advances. On
 * deployed Workers it stands still while code runs, so that there the count is what protects (decisions 7). The error is
 * a plain one: running the same loop again would not help.
 */
export function createLoopGuard(options: { limit: number; timeoutMs: number; now: () => number }): LoopGuard {
  const { limit, timeoutMs, now } = options;
  const seconds = timeoutMs / 1000;
  return (iterations, startedAtMs, line, column) => {
    const nowMs = now();
    const tooLong = startedAtMs > 0 && nowMs - startedAtMs > timeoutMs;
    if (iterations > limit || tooLong) {
      throw new Error(
        `Script execution timed out after looping for ${seconds} second${seconds === 1 ? "" : "s"} on line ${line}:${column}`,
      );
    }
    return startedAtMs || nowMs;
  };
}
