import type { Instance } from "./instance.ts";
import { runHook } from "./run-hook.ts";
import type { Scope } from "./scope.ts";

/** Runs `teardownPlugin` of an instance that is out of use. Never rejects; what the app throws is in its log. */
export async function tearDownInstance(instance: Instance, scope: Scope, timeoutMs: number): Promise<void> {
  const { teardownPlugin } = instance.hooks;
  if (!teardownPlugin) return;
  try {
    await runHook(instance, "teardownPlugin", scope, teardownPlugin, timeoutMs);
    instance.log("INFO", "SYSTEM", "Plugin unloaded.", "teardownPlugin");
  } catch (thrown) {
    instance.logThrown(thrown, "teardownPlugin");
    instance.log("ERROR", "SYSTEM", "Plugin failed to unload.", "teardownPlugin");
  }
  scope.logs.logged();
}
