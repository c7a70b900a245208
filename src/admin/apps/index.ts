import { type Context, Hono } from "hono";
import type { AdminBindings } from "../bindings.ts";
import type { Choose } from "../choose-app.ts";
import type { ShownApps } from "../shown-apps.ts";
import type { AppChanges, By } from "./changes.ts";
import { appChangeSchema, ChangeRefused } from "./checked-change.ts";
import { readUpload } from "./upload.ts";

/** Each project shown costs a request to Redis. */
const MAX_PROJECTS_SHOWN = 20;

export interface AppRoutesOptions {
  choose: Choose;
  shown: ShownApps;
  changes: AppChanges;
}

/** `apps` and `apps/:plugin`: what runs, how it is configured and how it does; and changes to that. */
export function createAppRoutes({ choose, shown, changes }: AppRoutesOptions): Hono<AdminBindings> {
  const routes = new Hono<AdminBindings>();

  routes.get("/", async (context) => {
    const projects = await choose.projects(context);
    if (projects.length > MAX_PROJECTS_SHOWN) {
      const error = `there are ${projects.length} projects: add ?project=<token> to see the apps of one`;
      return context.json({ error }, 400);
    }
    const apps = [];
    for (const project of projects) {
      apps.push(...(await shown.of(project, byOf(context).waitUntil)));
    }
    return context.json({ apps });
  });

  routes.get("/:plugin", async (context) => {
    const place = await choose.app(context);
    if (place instanceof Response) return place;
    await shown.inScope(byOf(context).waitUntil, (scope) => shown.refresh(place.project, scope));
    return context.json(shown.describe(place));
  });

  routes.patch("/:plugin", async (context) => {
    const place = await choose.app(context);
    if (place instanceof Response) return place;
    const parsed = appChangeSchema.safeParse(await context.req.json().catch(() => null));
    if (!parsed.success) {
      const faults = parsed.error.issues.map(
        ({ path, message }) => `${path.join(".") || "body"}: ${message}`,
      );
      const error = `send {"enabled"?, "order"?, "config"?} as JSON; ${faults.join("; ")}`;
      return context.json({ error }, 400);
    }
    return context.json(await changes.change(place, parsed.data, byOf(context)));
  });

  routes.put("/:plugin/attachments/:key", async (context) => {
    const place = await choose.app(context);
    if (place instanceof Response) return place;
    const file = await readUpload(context);
    return context.json(await changes.attach(place, context.req.param("key"), file, byOf(context)));
  });

  routes.delete("/:plugin/attachments/:key", async (context) => {
    const place = await choose.app(context);
    if (place instanceof Response) return place;
    return context.json(await changes.detach(place, context.req.param("key"), byOf(context)));
  });

  routes.onError((error, context) => {
    if (!(error instanceof ChangeRefused)) throw error;
    return context.json({ error: error.message }, 400);
  });
  return routes;
}

/** Who asks, and what keeps the platform alive for them. */
export function byOf({ env, var: { visitor } }: Context<AdminBindings>): By {
  return { who: visitor.name, waitUntil: (promise) => env.waitUntil(promise) };
}
