import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { AppDefinition } from "../apps/definition.ts";
import type { Queue } from "../delivery/queue.ts";
import type { Projects } from "../projects.ts";
import type { Tasks } from "../schedule/tasks.ts";
import type { Store } from "../store.ts";
import type { Attempts } from "./access/attempts.ts";
import { requireBearer } from "./access/bearer.ts";
import type { AdminToken } from "./access/tokens.ts";
import { type AppRoutesOptions, createAppRoutes } from "./apps.ts";
import type { AdminBindings } from "./bindings.ts";
import { createChoose } from "./choose-app.ts";

import { createLogRoutes } from "./logs.ts";
import { createRunRoutes } from "./run.ts";

const MAX_BODY_BYTES = 1_000_000;

export interface AdminApiOptions extends Omit<AppRoutesOptions, "choose"> {
  tokens: readonly AdminToken[];
  attempts: Attempts;
  projects: Projects;
  tasks: Tasks;
  queue: Queue;
  now: () => Date;
  uuid: () => string;
  apps: readonly AppDefinition[];
  store: Store;
}

/**
 * `/admin/api`: JSON for people and scripts that hold a token of `ADMIN_TOKEN`. Errors are `{"error"}` with what to do. Apps
 * are addressed within a project, by `?project=<token>` where there are several.
 */
export function createAdminApi(options: AdminApiOptions): Hono<AdminBindings> {
  const api = new Hono<AdminBindings>();
  const { projects } = options;
  const choose = createChoose(options);
  api.use(requireBearer(options.tokens, options.attempts));
  api.use(bodyLimit({ maxSize: MAX_BODY_BYTES }));
  api.route("/apps", createAppRoutes({ ...options, choose }));
  api.route("/apps", createRunRoutes({ ...options, choose }));
  api.route("/", createLogRoutes({ ...options, projects: projects.list, serves: projects.serves }));
  api.all("*", (context) => context.json({ error: `there is no ${context.req.path}` }, 404));
  api.onError((error, context) =>
    context.json({ error: `not done, try again: ${error.message}` }, 503, { "Retry-After": "5" }),
  );
  return api;
}
