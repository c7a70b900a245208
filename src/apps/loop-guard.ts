import { currentInvocation } from "./scope.ts";

/** Decides about a loop that is still going; see `AppHost.loop`. */
export type LoopGuard = (iterations: number, startedAtMs: number, line: number, column: number) => number;

/** Loops cut at their full length in one piece of work; an app that swallows the errors of more is not waited for. */
const MAX_FULL_CUTS = 3;

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
 * a plain one: running the same loop again would not help. After three such cuts in one piece of work the app's loops are
 * cut at their first check, since nothing else ends one that catches the error and loops again.
 */
export function createLoopGuard(options: { limit: number; timeoutMs: number; now: () => number }): LoopGuard {
  const { limit, timeoutMs, now } = options;
  const seconds = timeoutMs / 1000;
  const cuts = new WeakMap<object, number>();
  /** Stands for the work while the app's module is evaluated. */
  const loading = {};
  return (iterations, startedAtMs, line, column) => {
    const nowMs = now();
    const work = currentInvocation.getStore()?.scope ?? loading;
    const cutBefore = cuts.get(work) ?? 0;
    const tooLong = startedAtMs > 0 && nowMs - startedAtMs > timeoutMs;
    if (iterations > limit || tooLong || cutBefore >= MAX_FULL_CUTS) {
      cuts.set(work, cutBefore + 1);
      throw new Error(
        `Script execution timed out after looping for ${seconds} second${seconds === 1 ? "" : "s"} on line ${line}:${column}`,
      );
    }
    return startedAtMs || nowMs;
  };
}
