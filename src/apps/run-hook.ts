import { within } from "../within.ts";
import { mendRegExp } from "./built-ins/regexp.ts";
import { TimeoutError } from "./errors.ts";
import type { Instance } from "./instance.ts";
import { currentInvocation, type Scope } from "./scope.ts";

/**
 * Runs one of an instance's hooks as part of `scope`. The hook is cut off after `timeoutMs` with a `TimeoutError`; what
 * it had started goes on in the background, as a race and not a cancellation (runtime 3.1). Rejects with what it throws.
 */
export async function runHook<Result>(
  instance: Instance,
  hook: string,
  scope: Scope,
  call: (meta: object) => Result | Promise<Result>,
  timeoutMs?: number,
): Promise<Result> {
  const startedMs = scope.hookCounts.nowMs();
  const running = currentInvocation.run({ instance, hook, scope }, async () => call(instance.meta));
  // Both now, for whatever else runs while the hook waits, and again when it is over.
  mendRegExp();
  try {
    if (timeoutMs === undefined) return await running;
    return await within(timeoutMs, running, () => {
      scope.background(running);
      return timedOut(instance, hook, timeoutMs);
    });
  } catch (thrown) {
    // Whoever runs the hook logs what it threw; the log is sent soon, though the scope may go on for long.
    scope.logs.logged();
    throw thrown;
  } finally {
    scope.hookCounts.waited(hook, instance.definition.plugin, startedMs);
    mendRegExp();
  }
}

/** The error of a hook that was cut off, in PostHog's words. */
export function timedOut({ definition }: Instance, hook: string, timeoutMs: number): TimeoutError {
  const seconds = timeoutMs / 1000;
  return new TimeoutError(
    `Script execution timed out after promise waited for ${seconds} second${seconds === 1 ? "" : "s"} (${definition.name}, name: ${hook}, pluginConfigId: ${definition.id})`,
  );
}
