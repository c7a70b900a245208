import { summariseThrown } from "../../apps/describe-thrown.ts";
import { type Instance, runHook } from "../../apps/instance.ts";
import type { Instances } from "../../apps/instances.ts";
import type { Scope } from "../../apps/scope.ts";
import type { SystemLog } from "../../apps/system-log.ts";
import type { DeadLetters } from "../dead-letters.ts";
import type { JobMessage } from "../message.ts";
import { jobMessage } from "../publish.ts";
import type { OutgoingMessage } from "../queue.ts";

/** A job that arrives this much before its time is run: messages wait in whole seconds. */
const EARLY_MS = 1000;
const PUT_OFF_MS = 10_000;

/** Runs a job whose message has arrived; resolves to the message that brings it nearer to a time still to come. */
export type RunJob = (message: JobMessage, scope: Scope) => Promise<OutgoingMessage[]>;

/**
 * An app's jobs as a destination. A job runs once: one that throws, `RetryError` or not, is logged and becomes a dead
 * letter (decisions 13). A job whose app has been disabled or removed meanwhile is cancelled, which the
 * app's log says.
 */
export function createRunJob(options: {
  instances: Instances;
  deadLetters: DeadLetters;
  log: SystemLog;
  now: () => Date;
}): RunJob {
  const { instances } = options;

  return async (message, scope) => {
    const { project, plugin, dueAtMs } = message;
    const nowMs = options.now().getTime();
    if (dueAtMs - nowMs > EARLY_MS) return [jobMessage(message, nowMs)];

    const instance = await instances.find(project, plugin, scope);
    if (instance) {
      await run(instance, message, scope);
      return [];
    }
    if (instances.waiting(project).some((app) => app.plugin === plugin)) {
      return [jobMessage({ ...message, dueAtMs: nowMs + PUT_OFF_MS }, nowMs)];
    }
    const place = instances.places(project).find((candidate) => candidate.plugin === plugin);
    if (place) {
      options.log(place, "INFO", `jobs.${message.job} was cancelled: the app is disabled`, { scope });
    }
    return [];
  };

  async function run(instance: Instance, message: JobMessage, scope: Scope): Promise<void> {
    const hook = `jobs.${message.job}`;
    try {
      const { definition, hooks } = instance;
      const { jobs = {} } = hooks;
      const job = Object.hasOwn(jobs, message.job) ? jobs[message.job] : undefined;
      if (typeof job !== "function") {
        throw new Error(
          `Task "${message.job}" not found for plugin "${definition.name}" with config id ${definition.id}`,
        );
      }
      await runHook(instance, hook, scope, (meta) =>
        "payload" in message ? job(message.payload, meta) : job(meta),
      );
    } catch (thrown) {
      instance.logThrown(thrown, hook);
      const at = options.now().toISOString();
      await options.deadLetters.add({
        id: message.id,
        project: message.project,
        plugin: message.plugin,
        hook,
        error: summariseThrown(thrown),
        attempts: 1,
        firstAt: at,
        lastAt: at,
        events: [],
        ...("payload" in message ? { payload: message.payload } : {}),
      });
    } finally {
      void instance.global.save(scope.commands);
    }
  }
}
