import { type Context, Hono } from "hono";
import type { AdminBindings } from "../bindings.ts";
import type { Choose } from "../choose-app.ts";
import type { ShownApps } from "../shown-apps.ts";
import type { Store } from "../../store.ts";
import { readHealth, unknownHealth } from "./app-health.ts";
import type { AppChanges, By } from "./changes.ts";
import { appChangeSchema } from "./checked-change.ts";
import { readUpload } from "./upload.ts";
import { parseOrRefuse, refusalOf } from "../faults.ts";

/** Each project shown costs a request to Redis. */
const MAX_PROJECTS_SHOWN = 20;

export interface AppRoutesOptions {
  choose: Choose;
  shown: ShownApps;
  changes: AppChanges;
  store: Store;
  now: () => Date;
}

/** `apps` and `apps/:plugin`: what runs, how it is configured and how it does; and changes to that. */
export function createAppRoutes(options: AppRoutesOptions): Hono<AdminBindings> {
  const { choose, shown, changes } = options;
  const routes = new Hono<AdminBindings>();

  routes.get("/", async (context) => {
    const projects = await choose.projects(context);
    if (projects.length > MAX_PROJECTS_SHOWN) {
      throw refusalOf("project", `there are ${projects.length}, name one`);
    }
    const apps = [];
    for (const project of projects) {
      apps.push(...(await shown.of(project, byOf(context).waitUntil)));
    }
    return context.json({ apps });
  });

  routes.get("/:plugin", async (context) => {
    const place = await choose.app(context);
    await shown.refresh(place.project, byOf(context).waitUntil);
    return context.json(shown.describe(place));
  });

  routes.get("/:plugin/health", async (context) => {
    const place = await choose.app(context);
    const { project, plugin } = place;
    await shown.refresh(project, byOf(context).waitUntil);
    const app = shown.describe(place);
    const nowMs = options.now().getTime();
    const [health = unknownHealth(app)] = await readHealth(options.store, project, [app], nowMs);
    const { state, why, hooks, errors } = health;
    return context.json({ project, plugin, state, why, hooks, errors });
  });

  routes.patch("/:plugin", async (context) => {
    const place = await choose.app(context);
    const body: unknown = await context.req.json().catch(() => null);
    const change = parseOrRefuse(appChangeSchema, body, 'send {"enabled"?, "order"?, "config"?} as JSON; ');
    return context.json(await changes.change(place, change, byOf(context)));
  });

  routes.put("/:plugin/attachments/:key", async (context) => {
    const place = await choose.app(context);
    const file = await readUpload(context);
    return context.json(await changes.attach(place, context.req.param("key"), file, byOf(context)));
  });

  routes.delete("/:plugin/attachments/:key", async (context) => {
    const place = await choose.app(context);
    return context.json(await changes.detach(place, context.req.param("key"), byOf(context)));
  });

  return routes;
}

/** Who asks, and what keeps the platform alive for them. */
export function byOf({ env, var: { visitor } }: Context<AdminBindings>): By {
  return { who: visitor.name, waitUntil: (promise) => env.waitUntil(promise) };
}
