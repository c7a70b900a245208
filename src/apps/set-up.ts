import { describeStoreError } from "../store.ts";
import { createInstance, type Instance, type InstanceServices } from "./instance.ts";
import { type Place, release } from "./place.ts";
import { refuseReplication } from "./replicator.ts";
import { runHook } from "./run-hook.ts";
import type { Scope } from "./scope.ts";
import type { RecordOutcome } from "./state/outcome.ts";
import type { SetupStep } from "./state/series.ts";
import { tearDownInstance } from "./teardown.ts";

/**
 * Sets an app up in this isolate, and tells all others what came of it. Never rejects for what the app throws; with a
 * `step`, which belongs to a series that all isolates share, it rejects when Redis does not take the outcome.
 *
 * Resolves to whether the app failed in a way that changed the shared state: then there is something to publish.
 */
export type SetUp = (place: Place, scope: Scope, step?: SetupStep) => Promise<boolean>;

export function createSetUp(options: {
  services: InstanceServices;
  outcome: RecordOutcome;
  timeoutMs: number;
}): SetUp {
  const { services, outcome, timeoutMs } = options;

  return async (place, scope, sharedStep) => {
    const { definition } = place;
    const step = sharedStep ?? ownStep(place);
    let candidate: Instance | null = null;
    try {
      candidate = load(place);
      const { setupPlugin } = candidate.hooks;
      if (setupPlugin) await runHook(candidate, "setupPlugin", scope, setupPlugin, timeoutMs);
    } catch (thrown) {
      if (place.definition !== definition) return false;
      const published = await outcome.failed(place, candidate, thrown, scope, step);
      // An instance of an earlier definition is not what was asked for; one of this definition goes on working.
      if (place.instance?.definition !== definition || place.state?.status === "disabled")
        retire(place, scope);
      return published;
    }
    await fillGlobal(place, candidate, scope);
    if (place.definition !== definition) return false;
    adopt(place, candidate, scope);

    const succeeded = outcome.succeeded(place, scope, step).then(() => {
      if (place.state?.status === "disabled") retire(place, scope);
    });
    if (sharedStep) await succeeded;
    else scope.background(succeeded);
    return false;
  };

  function load(place: Place): Instance {
    const loaded = createInstance(place.definition, place.project, services);
    refuseReplication(loaded);
    place.hooks = loaded.hooks;
    return loaded;
  }

  /** While Redis is away no other isolate knows of a failing app: this one goes on with its attempts by itself. */
  function ownStep({ state, alone }: Place): SetupStep | undefined {
    if (!alone || state?.status !== "pending") return undefined;
    return { series: state.series, attempt: state.attempt + 1, alone: true };
  }

  async function fillGlobal(place: Place, { global, log }: Instance, scope: Scope): Promise<void> {
    const ahead = place.storedGlobal;
    place.storedGlobal = undefined;
    try {
      global.fill(ahead === undefined ? await global.read(scope.commands) : ahead);
    } catch (error) {
      const message = `global starts from set-up alone: ${describeStoreError(error)}`;
      log("WARN", "SYSTEM", message, "setupPlugin");
      global.fill(null);
    }
  }

  /** Of several requests that set the app up at the same time, the first brings the instance. */
  function adopt(place: Place, candidate: Instance, scope: Scope): void {
    if (place.instance?.definition === candidate.definition) return;
    retire(place, scope);
    place.instance = candidate;
  }

  function retire(place: Place, scope: Scope): void {
    const instance = release(place);
    if (instance) scope.background(tearDownInstance(instance, scope, timeoutMs));
  }
}
