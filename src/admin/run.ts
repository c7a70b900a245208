import { Hono } from "hono";
import * as z from "zod";
import { scheduledTasks } from "../apps/hooks.ts";
import type { Instances } from "../apps/instances.ts";
import type { Place } from "../apps/place.ts";
import { jobMessage } from "../delivery/publish.ts";
import type { Queue } from "../delivery/queue.ts";
import type { Tasks } from "../schedule/tasks.ts";
import type { AdminBindings } from "./bindings.ts";
import type { Choose } from "./choose-app.ts";

const runRequest = z.union([
  z.strictObject({ task: z.enum(scheduledTasks) }),
  z.strictObject({ job: z.string().min(1), payload: z.unknown().optional() }),
]);

/** `apps/:plugin/run`: starts a scheduled task or a public job now. */
export function createRunRoutes(options: {
  choose: Choose;
  instances: Instances;
  tasks: Tasks;
  queue: Queue;
  now: () => Date;
  uuid: () => string;
}): Hono<AdminBindings> {
  const { choose, instances, tasks } = options;
  const routes = new Hono<AdminBindings>();

  routes.post("/:plugin/run", async (context) => {
    const place = await choose.app(context);
    if (place instanceof Response) return place;
    const { project, plugin } = place;
    const standing = instances.standing(project, plugin);
    if (standing === null) {
      return context.json({ error: `no enabled app "${plugin}" in project ${project}` }, 404);
    }
    const parsed = runRequest.safeParse(await context.req.json().catch(() => null));
    if (!parsed.success) {
      const error = `send {"task": <name>} or {"job": <name>, "payload": …}; ${describeRunnable(place)}`;
      return context.json({ error }, 404);
    }
    if (standing !== "running") {
      return context.json({ error: `"${plugin}" is ${standing}: its set-up has not succeeded` }, 409);
    }
    const outcome =
      "task" in parsed.data
        ? await tasks.start(project, plugin, parsed.data.task)
        : await startJob(place, parsed.data);
    const name = "task" in parsed.data ? parsed.data.task : parsed.data.job;
    switch (outcome) {
      case "started":
        return context.json({ status: "started", project, plugin, ...parsed.data }, 202);
      case "running":
        return context.json({ error: `${name} of "${plugin}" is running already` }, 409);
      case "unknown":
        return context.json({ error: `"${plugin}" has no ${name}; ${describeRunnable(place)}` }, 404);
    }
  });
  return routes;

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

  function publicJobs({ bundled }: Place): string[] {
    return Object.keys(bundled.manifest.publicJobs ?? {});
  }

  function describeRunnable(place: Place): string {
    const hooks = instances.hooks(place.project, place.plugin) ?? {};
    const runnable = [...scheduledTasks.filter((task) => hooks[task]), ...publicJobs(place)];
    return runnable.length > 0
      ? `this app has ${runnable.join(", ")}`
      : "this app has no scheduled task and no public job";
  }
}
