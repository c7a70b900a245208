import { Hono } from "hono";
import * as z from "zod";
import { type ScheduledTask, scheduledTasks } from "../apps/hooks.ts";
import type { Instances } from "../apps/instances.ts";
import type { Place } from "../apps/place.ts";
import { jobMessage } from "../delivery/publish.ts";
import type { Queue } from "../delivery/queue.ts";
import type { Tasks } from "../schedule/tasks.ts";
import type { Audit } from "./audit.ts";
import type { AdminBindings } from "./bindings.ts";
import type { Choose } from "./choose-app.ts";
import { refusalOf } from "./faults.ts";

export const runRequest = z.union([
  z.strictObject({ task: z.enum(scheduledTasks) }),
  z.strictObject({ job: z.string().min(1), payload: z.unknown().optional() }),
]);

/** A task that there is not. */
const otherTask = z.strictObject({ task: z.string() });

/** What came of the wish to run something: the status that says so, and why it was not started. */
export type RunOutcome =
  | { status: 202; started: z.infer<typeof runRequest> }
  | { status: 404 | 409; error: string };

/** Starts a scheduled task or a public job of an app now. `body` is what a person sent. Rejects with `Refused` if that is neither. */
export type RunNow = (place: Place, body: unknown, who: string) => Promise<RunOutcome>;

export function createRunNow(options: {
  instances: Instances;
  tasks: Tasks;
  queue: Queue;
  audit: Audit;
  now: () => Date;
  uuid: () => string;
}): RunNow {
  const { instances, tasks, audit } = options;

  return async (place, body, who) => {
    const { project, plugin } = place;
    const standing = instances.standing(project, plugin);
    if (standing === null) {
      return { status: 404, error: `no enabled app "${plugin}" in project ${project}` };
    }
    const parsed = runRequest.safeParse(body);
    if (!parsed.success) {
      const why = `send {"task": <name>} or {"job": <name>, "payload": …}; ${describeRunnable(place)}`;
      if (otherTask.safeParse(body).success) return { status: 404, error: why };
      throw refusalOf("body", why);
    }
    if (standing !== "running") {
      return { status: 409, error: `"${plugin}" is ${standing}: its set-up has not succeeded` };
    }
    const outcome =
      "task" in parsed.data
        ? await tasks.start(project, plugin, parsed.data.task)
        : await startJob(place, parsed.data);
    const name = "task" in parsed.data ? parsed.data.task : parsed.data.job;
    switch (outcome) {
      case "started":
        await audit.record({ who, what: `ran ${name}`, project, plugin });
        return { status: 202, started: parsed.data };
      case "running":
        return { status: 409, error: `${name} of "${plugin}" is running already` };
      case "unknown":
        return { status: 404, error: `"${plugin}" has no ${name}; ${describeRunnable(place)}` };
    }
  };

  /** People start only the jobs that the manifest lists as public. */
  async function startJob(
    place: Place,
    { job, payload }: { job: string; payload?: unknown },
  ): Promise<"started" | "unknown"> {
    const { project, plugin } = place;
    const known = instances.hooks(project, plugin)?.jobs?.[job];
    if (!known || !publicJobs(place).includes(job)) return "unknown";
    const dueAtMs = options.now().getTime();
    const scheduled = { id: options.uuid(), project, plugin, job, dueAtMs, generation: 0 };
    await options.queue.publish([
      jobMessage(payload === undefined ? scheduled : { ...scheduled, payload }, dueAtMs),
    ]);
    return "started";
  }

  function describeRunnable(place: Place): string {
    const { tasks: runnable, jobs } = runnableOf(instances, place);
    const names = [...runnable, ...jobs];
    return names.length > 0
      ? `this app has ${names.join(", ")}`
      : "this app has no scheduled task and no public job";
  }
}

/** What people may start of an app. */
export function runnableOf(
  instances: Instances,
  place: Place,
): { tasks: readonly ScheduledTask[]; jobs: readonly string[] } {
  const hooks = instances.hooks(place.project, place.plugin) ?? {};
  return { tasks: scheduledTasks.filter((task) => hooks[task]), jobs: publicJobs(place) };
}

function publicJobs({ bundled }: Place): string[] {
  return Object.keys(bundled.manifest.publicJobs ?? {});
}

/** `apps/:plugin/run`: starts a scheduled task or a public job now. */
export function createRunRoutes({ choose, runNow }: { choose: Choose; runNow: RunNow }): Hono<AdminBindings> {
  const routes = new Hono<AdminBindings>();
  routes.post("/:plugin/run", async (context) => {
    const place = await choose.app(context);
    const body: unknown = await context.req.json().catch(() => null);
    const outcome = await runNow(place, body, context.var.visitor.name);
    if (outcome.status !== 202) return context.json({ error: outcome.error }, outcome.status);
    const { project, plugin } = place;
    return context.json({ status: "started", project, plugin, ...outcome.started }, 202);
  });
  return routes;
}
