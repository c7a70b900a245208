import { Hono } from "hono";
import * as z from "zod";
import type { Instances } from "../apps/instances.ts";
import { scheduledTasks } from "../apps/hooks.ts";
import type { Tasks } from "../schedule/tasks.ts";
import { requireBearer } from "./guard.ts";

const runRequest = z.object({ task: z.enum(scheduledTasks) });

/**
 * `/admin/api`: JSON for people and scripts that hold the `ADMIN_TOKEN`. Errors are `{"error"}` with what to do.
 */
export function createAdminApi(options: {
  token: string;
  instances: Instances;
  tasks: Tasks;
  /** Projects served; apps are addressed within one of them. */
  projects: () => Promise<readonly string[]>;
}): Hono {
  const { instances, tasks } = options;
  const api = new Hono();
  api.use(requireBearer(options.token));

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
      const known = namesOf(instances, project, plugin);
      return context.json(
        { error: `send {"task": <name>}; this app has ${known || "no scheduled task"}` },
        404,
      );
    }
    const { task } = parsed.data;
    switch (await tasks.start(project, plugin, task)) {
      case "started":
        return context.json({ status: "started", project, plugin, task }, 202);
      case "running":
        return context.json({ error: `${task} of "${plugin}" is running already` }, 409);
      case "unknown": {
        const known = namesOf(instances, project, plugin);
        return context.json(
          { error: `"${plugin}" has no ${task}; it has ${known || "no scheduled task"}` },
          404,
        );
      }
    }
  });

  api.notFound((context) => context.json({ error: `there is no ${context.req.path}` }, 404));
  api.onError((error, context) =>
    context.json({ error: `not done, try again: ${error.message}` }, 503, { "Retry-After": "5" }),
  );
  return api;
}

function namesOf(instances: Instances, project: string, plugin: string): string {
  const hooks = instances.hooks(project, plugin) ?? {};
  return scheduledTasks.filter((task) => hooks[task]).join(", ");
}
