import { Hono } from "hono";
import * as z from "zod";
import type { AppDefinition } from "../apps/definition.ts";
import type { Instances } from "../apps/instances.ts";
import { scheduledTasks } from "../apps/hooks.ts";
import { jobMessage } from "../delivery/publish.ts";
import type { Queue } from "../delivery/queue.ts";
import type { Tasks } from "../schedule/tasks.ts";
import type { Store } from "../store.ts";
import { requireBearer } from "./guard.ts";
import { createLogRoutes } from "./logs.ts";

const runRequest = z.union([
  z.strictObject({ task: z.enum(scheduledTasks) }),
  z.strictObject({ job: z.string().min(1), payload: z.unknown().optional() }),
]);

/**
 * `/admin/api`: JSON for people and scripts that hold the `ADMIN_TOKEN`. Errors are `{"error"}` with what to do.
 */
export function createAdminApi(options: {
  token: string;
  instances: Instances;
  tasks: Tasks;
  queue: Queue;
  now: () => Date;
  uuid: () => string;
  /** Projects served; apps are addressed within one of them. */
  projects: () => Promise<readonly string[]>;
  serves: (project: string) => boolean;
  apps: readonly AppDefinition[];
  store: Store;
}): Hono {
  const { instances, tasks } = options;
  const api = new Hono();
  api.use(requireBearer(options.token));
  api.route("/", createLogRoutes(options));

  api.post("/apps/:plugin/run", async (context) => {
    const plugin = context.req.param("plugin");
    const running = (await options.projects()).filter((project) => instances.hooks(project, plugin));
    const asked = context.req.query("project");
    const [project, another] =
      asked === undefined ? running : running.filter((candidate) => candidate === asked);
    if (project === undefined) {
      return context.json({ error: `no enabled app "${plugin}"${asked ? ` in project ${asked}` : ""}` }, 404);
    }
    if (another !== undefined) {
      return context.json(
        {
          error: `"${plugin}" runs for several projects: add ?project=<token>, one of ${running.join(", ")}`,
        },
        400,
      );
    }
    const parsed = runRequest.safeParse(await context.req.json().catch(() => null));
    if (!parsed.success) {
      const error = `send {"task": <name>} or {"job": <name>, "payload": …}; ${describeRunnable(project, plugin)}`;
      return context.json({ error }, 404);
    }
    const outcome =
      "task" in parsed.data
        ? await tasks.start(project, plugin, parsed.data.task)
        : await startJob(project, plugin, parsed.data);
    const name = "task" in parsed.data ? parsed.data.task : parsed.data.job;
    switch (outcome) {
      case "started":
        return context.json({ status: "started", project, plugin, ...parsed.data }, 202);
      case "running":
        return context.json({ error: `${name} of "${plugin}" is running already` }, 409);
      case "unknown":
        return context.json(
          { error: `"${plugin}" has no ${name}; ${describeRunnable(project, plugin)}` },
          404,
        );
    }
  });

  /** People start only the jobs that the manifest lists as public. */
  async function startJob(
    project: string,
    plugin: string,
    { job, payload }: { job: string; payload?: unknown },
  ): Promise<"started" | "unknown"> {
    const known = instances.hooks(project, plugin)?.jobs?.[job];
    if (!known || !publicJobs(project, plugin).includes(job)) return "unknown";
    const dueAtMs = options.now().getTime();
    const scheduled = { id: options.uuid(), project, plugin, job, dueAtMs, generation: 0 };
    await options.queue.publish([
      jobMessage(payload === undefined ? scheduled : { ...scheduled, payload }, dueAtMs),
    ]);
    return "started";
  }

  function publicJobs(project: string, plugin: string): string[] {
    const definition = instances.definitions(project).find((app) => app.plugin === plugin);
    return Object.keys(definition?.manifest.publicJobs ?? {});
  }

  function describeRunnable(project: string, plugin: string): string {
    const hooks = instances.hooks(project, plugin) ?? {};
    const runnable = [...scheduledTasks.filter((task) => hooks[task]), ...publicJobs(project, plugin)];
    return runnable.length > 0
      ? `this app has ${runnable.join(", ")}`
      : "this app has no scheduled task and no public job";
  }

  api.notFound((context) => context.json({ error: `there is no ${context.req.path}` }, 404));
  api.onError((error, context) =>
    context.json({ error: `not done, try again: ${error.message}` }, 503, { "Retry-After": "5" }),
  );
  return api;
}
