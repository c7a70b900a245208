import { summariseThrown } from "../../apps/describe-thrown.ts";
import { noteAttempt } from "../../apps/errors.ts";
import type { Instance } from "../../apps/instance.ts";
import { runHook } from "../../apps/run-hook.ts";
import type { Scope } from "../../apps/scope.ts";
import { hookRetryDelay, maxAttempts, type RetriedHook } from "../schedules.ts";

/** What one execution of a deferred hook came to. */
export type Execution =
  | { outcome: "done" }
  | { outcome: "retry"; delaySeconds: number; thrown: unknown }
  | { outcome: "dead"; error: string; thrown: unknown };

/**
 * Executes a hook such as `onEvent` or `exportEvents` once, within the time for tasks, and decides what follows: only a `RetryError` or
 * the timeout is tried again, on the hook's schedule; anything else is final at once (decisions 15 and 16). `attempt`
 * counts this execution, from 1. Never rejects; what the app threw is in its log.
 */
export async function executeDeferred(options: {
  instance: Instance;
  hook: RetriedHook;
  scope: Scope;
  attempt: number;
  timeoutMs: number;
  call: (meta: object) => unknown;
}): Promise<Execution> {
  const { instance, hook, attempt } = options;
  try {
    await runHook(instance, hook, options.scope, options.call, options.timeoutMs);
    return { outcome: "done" };
  } catch (thrown) {
    const attempts = maxAttempts(hook);
    noteAttempt(thrown, attempt, attempts);
    const delaySeconds = hookRetryDelay(hook, attempt, thrown);
    if (delaySeconds !== null) {
      const what = `${hook} failed with ${summariseThrown(thrown)} (attempt ${attempt}/${attempts})`;
      instance.log("WARN", "SYSTEM", `${what}. Retrying in ${delaySeconds} s...`, hook);
      return { outcome: "retry", delaySeconds, thrown };
    }
    instance.logThrown(thrown, hook);
    return { outcome: "dead", error: summariseThrown(thrown), thrown };
  }
}
