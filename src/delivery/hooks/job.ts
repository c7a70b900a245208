import { summariseThrown } from "../../apps/describe-thrown.ts";
import type { Instance } from "../../apps/instance.ts";
import { runHook } from "../../apps/run-hook.ts";
import type { Instances } from "../../apps/instances.ts";
import type { Scope } from "../../apps/scope.ts";
import type { SystemLog } from "../../apps/system-log.ts";
import { deriveId } from "../../derived-id.ts";
import type { FollowUp, Taken } from "../follow-up.ts";
import type { JobMessage } from "../message.ts";
import { jobMessage } from "../publish.ts";

/** A job that arrives this much before its time is run: messages wait in whole seconds. */
const EARLY_MS = 1000;
const PUT_OFF_MS = 10_000;

/** Runs a job whose message has arrived, or has it come again nearer to a time still to come. Never rejects. */
export type RunJob = (message: JobMessage, scope: Scope) => Promise<Taken>;

/**
 * An app's jobs as a destination. A job runs once: one that throws, `RetryError` or not, is logged and becomes a dead
 * letter (decisions 13). A job whose app has been disabled meanwhile is cancelled, which the app's log says; one whose app is
 * no longer deployed becomes a dead letter too.
 */
export function createRunJob(options: {
  instances: Instances;
  followUp: FollowUp;
  log: SystemLog;
  now: () => Date;
}): RunJob {
  const { instances } = options;

  return async (message, scope) => {
    const { project, plugin, dueAtMs } = message;
    const nowMs = options.now().getTime();
    if (dueAtMs - nowMs > EARLY_MS) return onItsWay(message, dueAtMs, nowMs);

    const instance = await instances.find(project, plugin, scope);
    if (instance) return run(instance, message, scope);
    const waits = instances.waiting(project).some((app) => app.plugin === plugin);
    if (waits) return onItsWay(message, nowMs + PUT_OFF_MS, nowMs);
    const place = instances.places(project).find((candidate) => candidate.plugin === plugin);
    if (!place) return bury(message, "the app is no longer deployed");
    options.log(place, "INFO", `jobs.${message.job} was cancelled: the app is disabled`, { scope });
    return { outgoing: [], outcomes: { routed: 1, ignored: 1 } };
  };

  /** The next message is another one: this one is done with when it has been published. */
  function onItsWay(job: JobMessage, dueAtMs: number, nowMs: number): Taken {
    const next = { ...job, id: deriveId("job", job.id), dueAtMs };
    return { outgoing: [jobMessage(next, nowMs)], outcomes: {} };
  }

  async function run(instance: Instance, message: JobMessage, scope: Scope): Promise<Taken> {
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
      return { outgoing: [], outcomes: { routed: 1, delivered: 1 } };
    } catch (thrown) {
      instance.logThrown(thrown, hook);
      return bury(message, summariseThrown(thrown));
    } finally {
      void instance.global.save(scope.commands);
    }
  }

  function bury(message: JobMessage, error: string): Taken {
    const { id, project, plugin, job, locations, generation, replays } = message;
    const remainder = {
      project,
      destination: { plugin, hook: `jobs.${job}` as const },
      attempt: 1,
      firstAt: options.now().getTime(),
      events: [],
      ...("payload" in message ? { payload: message.payload } : {}),
      ...(locations ? { locations } : {}),
      ...(generation ? { generation } : {}),
      ...(replays ? { replays } : {}),
    };
    const buried = options.followUp.bury(remainder, [{ id, error, events: [] }], id);
    return { ...buried, outcomes: { routed: 1, ...buried.outcomes } };
  }
}
