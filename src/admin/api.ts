import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { AppDefinition } from "../apps/definition.ts";
import type { Instances } from "../apps/instances.ts";
import type { Queue } from "../delivery/queue.ts";
import type { Projects } from "../projects.ts";
import type { Tasks } from "../schedule/tasks.ts";
import type { Store } from "../store.ts";
import { type AppRoutesOptions, createAppRoutes } from "./apps.ts";
import type { AdminBindings } from "./bindings.ts";
import { createChoose } from "./choose-app.ts";
import { requireBearer } from "./guard.ts";
import { createLogRoutes } from "./logs.ts";
import { createRunRoutes } from "./run.ts";

const MAX_BODY_BYTES = 1_000_000;

/**
 * `/admin/api`: JSON for people and scripts that hold the `ADMIN_TOKEN`. Errors are `{"error"}` with what to do. Apps are
 * addressed within a project, by `?project=<token>` where there are several.
 */
export function createAdminApi(
  options: {
    token: string;
    projects: Projects;
    instances: Instances;
    tasks: Tasks;
    queue: Queue;
    now: () => Date;
    uuid: () => string;
    apps: readonly AppDefinition[];
    store: Store;
  } & Omit<AppRoutesOptions, "choose">,
): Hono<AdminBindings> {
  const api = new Hono<AdminBindings>();
  const { projects } = options;
  const choose = createChoose(options);
  api.use(requireBearer(options.token));
  api.use(bodyLimit({ maxSize: MAX_BODY_BYTES }));
  api.route("/apps", createAppRoutes({ ...options, choose }));
  api.route("/apps", createRunRoutes({ ...options, choose }));
  api.route("/", createLogRoutes({ ...options, projects: projects.list, serves: projects.serves }));
  api.notFound((context) => context.json({ error: `there is no ${context.req.path}` }, 404));
  api.onError((error, context) =>
    context.json({ error: `not done, try again: ${error.message}` }, 503, { "Retry-After": "5" }),
  );
  return api;
}
