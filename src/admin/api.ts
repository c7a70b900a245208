import { openApi } from "#admin-assets";
import { Hono } from "hono";
import type { AppDefinition } from "../apps/definition.ts";
import type { Instances } from "../apps/instances.ts";
import type { Queue } from "../delivery/queue.ts";
import type { Scope } from "../apps/scope.ts";
import type { Replays } from "../delivery/dead-letters/replay.ts";
import { limitBody } from "./limit-body.ts";
import type { Settings } from "../settings.ts";
import type { Stories } from "../stories/index.ts";
import type { Attempts } from "./access/attempts.ts";
import { requireBearer } from "./access/bearer.ts";
import type { AdminToken } from "./access/tokens.ts";
import type { Actions } from "./actions.ts";
import { createAppStateRoutes } from "./app-state.ts";
import { createAppRoutes } from "./apps/index.ts";
import { createFileRoutes } from "./apps/file-routes.ts";
import { createTrialRoutes } from "./apps/try/routes.ts";
import { MAX_UPLOAD_BYTES } from "./apps/upload.ts";
import { createAuditRoutes } from "./audit-routes.ts";
import type { AdminBindings } from "./bindings.ts";
import { createBufferRoutes } from "./buffers.ts";
import { createDeadLetterRoutes } from "./dead-letters.ts";
import { createDestinationRoutes } from "./destinations/routes.ts";
import { createEventRoutes } from "./events/api.ts";
import { Refused } from "./faults.ts";
import { createLogRoutes } from "./logs.ts";
import { createMetricsRoutes } from "./metrics.ts";
import type { HealthOptions } from "./overview/health.ts";
import type { ProjectsPageOptions } from "./projects/index.tsx";
import { createProjectRoutes } from "./projects/routes.ts";
import { createRunRoutes } from "./run.ts";
import { unpack } from "./unpack.ts";

const MAX_BODY_BYTES = 1_000_000;

export interface AdminApiOptions extends ProjectsPageOptions, HealthOptions {
  settings: Settings;
  tokens: readonly AdminToken[];
  attempts: Attempts;
  actions: Actions;
  instances: Instances;
  apps: readonly AppDefinition[];
  queue: Queue;
  uuid: () => string;
  replays: Replays;
  stories: Pick<Stories, "write">;
  openScope: (waitUntil: (promise: Promise<unknown>) => void, generation: number) => Scope;
}

/**
 * `/admin/api`: JSON for people and scripts that hold a token of `ADMIN_TOKEN`. Errors are `{"error"}` with what to do. Apps
 * are addressed within a project, by `?project=<token>` where there are several.
 */
export function createAdminApi(options: AdminApiOptions): Hono<AdminBindings> {
  const api = new Hono<AdminBindings>();
  const { projects, actions } = options;
  api.use(requireBearer(options.tokens, options.attempts));
  api.put("/apps/:plugin/attachments/:key", limitBody(MAX_UPLOAD_BYTES));
  api.use(async (context, next) => {
    const isUpload = /\/attachments\/[^/]+$/.test(context.req.path);
    return isUpload ? next() : limitOther(context, next);
  });
  api.route("/", createProjectRoutes(options));
  api.route("/", createFileRoutes({ ...options, ...actions }));
  api.route("/", createAuditRoutes(actions.audit));
  api.route("/apps", createAppRoutes({ ...options, ...actions }));
  api.route("/apps", createRunRoutes(actions));
  api.route("/apps", createTrialRoutes(actions));
  api.route("/apps", createAppStateRoutes({ ...options, ...actions }));
  api.route("/buffers", createBufferRoutes({ ...options, ...actions }));
  api.route("/deadletters", createDeadLetterRoutes({ ...options, ...actions }));
  api.route("/destinations", createDestinationRoutes(actions));
  api.route("/metrics", createMetricsRoutes({ ...options, ...actions }));
  api.route("/events", createEventRoutes({ ...options, choose: actions.choose }));
  api.route("/", createLogRoutes({ ...options, projects: projects.list, serves: projects.serves }));
  api.get("/openapi.json", ({ req, json }) =>
    json({ ...JSON.parse(unpack(openApi)), servers: [{ url: new URL(".", req.url).href.slice(0, -1) }] }),
  );
  api.all("*", (context) => {
    const { path, method } = context.req;
    const allowed = methodsOf(api, path.slice(`${context.var.base}/api`.length)).join(", ");
    if (allowed === "") return context.json({ error: `there is no ${path}` }, 404);
    return context.json({ error: `${path} takes ${allowed}, and not ${method}` }, 405, { Allow: allowed });
  });
  api.onError((error, context) => {
    if (error instanceof Refused) {
      const { message, faults, status } = error;
      return context.json({ error: message, ...(faults.length > 0 ? { faults } : {}) }, status);
    }
    return context.json({ error: `not done, try again: ${error.message}` }, 503, { "Retry-After": "5" });
  });
  return api;
}

/** The methods that there are for a path, which runs below the API. */
function methodsOf({ routes }: Hono<AdminBindings>, path: string): string[] {
  const found = routes.filter(
    (route) =>
      route.method !== "ALL" && new RegExp(`^${route.path.replaceAll(/:\w+/g, "[^/]+")}$`).test(path),
  );
  return [...new Set(found.map(({ method }) => method))];
}

const limitOther = limitBody(MAX_BODY_BYTES);
