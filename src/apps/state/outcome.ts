import { describeStoreError } from "../../store.ts";
import { summariseThrown } from "../describe-thrown.ts";
import { isRetry } from "../errors.ts";
import type { Instance, InstanceServices } from "../instance.ts";
import type { Place } from "../place.ts";
import type { Scope } from "../scope.ts";
import { createSystemLog } from "../system-log.ts";
import { type Changed, changeSetup } from "./record.ts";
import {
  afterFailure,
  afterSuccess,
  SETUP_ATTEMPTS,
  type SetupContext,
  type SetupState,
  type SetupStep,
} from "./series.ts";

/**
 * Writes down what came of a set-up, for all isolates and into the app's log: one line per change of the shared state,
 * however many isolates see it. While Redis is away an isolate keeps the state to itself; a step of a shared series
 * rejects then.
 */
export interface RecordOutcome {
  /** No command for an app that is known to be ready, or has no set-up; else two. */
  succeeded(place: Place, scope: Scope, step?: SetupStep): Promise<void>;
  /**
   * `candidate` is null when the app could not even be loaded. Resolves to whether the shared state changed. Two commands.
   */
  failed(
    place: Place,
    candidate: Instance | null,
    thrown: unknown,
    scope: Scope,
    step?: SetupStep,
  ): Promise<boolean>;
}

export function createRecordOutcome(services: InstanceServices): RecordOutcome {
  const { now, uuid } = services;
  const log = createSystemLog(services);
  const hook = "setupPlugin";

  return {
    async succeeded(place, scope, step) {
      const isNews = place.hooks?.setupPlugin ? place.state?.status !== "ready" : place.state !== null;
      if (!isNews) return;
      const { changed } = await record(place, scope, step, afterSuccess);
      if (!changed) return;
      log(place, "INFO", "Plugin loaded.", { hook, scope });
      log(place, "INFO", "setupPlugin completed successfully.", { hook, scope });
    },

    async failed(place, candidate, thrown, scope, step) {
      const why = services.secrets.mask(summariseThrown(thrown));
      const failure = { why, isRetryable: isRetry(thrown) };
      const { value, changed } = await record(place, scope, step, (current, context) =>
        afterFailure(current, failure, context),
      );
      if (changed && value) report(place, candidate, thrown, value, scope);
      return changed && !place.alone;
    },
  };

  async function record(
    place: Place,
    scope: Scope,
    step: SetupStep | undefined,
    next: (current: SetupState | null, context: SetupContext) => SetupState | null,
  ): Promise<Changed<SetupState>> {
    const { project, definition } = place;
    const { plugin, version, revision = 0 } = definition;
    const own = place.alone ? place.state : null;
    const context = { revision, nowMs: now().getTime(), newSeries: uuid(), ...(step ? { step } : {}) };
    let outcome: Changed<SetupState>;
    let alone = false;
    try {
      // Goes on from what this isolate kept to itself while Redis was away.
      outcome = await changeSetup(scope.commands, { project, plugin, version }, (current) =>
        next(current ?? own, context),
      );
    } catch (error) {
      if (step && !step.alone) throw error;
      const state = next(place.state, context);
      outcome = { value: state ?? place.state, changed: state !== null };
      alone = true;
      const message = `this isolate keeps the state of set-up to itself: ${describeStoreError(error)}`;
      log(place, "WARN", message, { hook, scope });
    }
    if (place.definition === definition) {
      place.state = outcome.value;
      place.alone = alone;
    }
    return outcome;
  }

  /** PostHog's words (runtime 3.2). */
  function report(
    place: Place,
    candidate: Instance | null,
    thrown: unknown,
    state: SetupState,
    scope: Scope,
  ): void {
    const what = candidate ? "setupPlugin failed with" : "Plugin failed to load:";
    if (state.status === "pending") {
      const [name, text] =
        thrown instanceof Error ? [thrown.name, thrown.message] : ["Error", String(thrown)];
      const attempt = `(attempt ${state.attempt}/${SETUP_ATTEMPTS})`;
      const wait = `Retrying in ${(state.dueAtMs - state.atMs) / 1000} s...`;
      log(place, "ERROR", `${what} ${name} ${attempt}: ${text}. ${wait}`, { hook, scope });
      return;
    }
    candidate?.logThrown(thrown, hook);
    log(place, "ERROR", `${what} ${summariseThrown(thrown)}. Disabled the app!`, { hook, scope });
  }
}
