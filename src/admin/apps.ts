import { type Context, Hono } from "hono";
import type { Place } from "../apps/place.ts";
import { changeOverride } from "../apps/state/record.ts";
import type { Vault } from "../apps/state/vault.ts";
import { appChangeSchema, ChangeRefused, changedOverride, checkChange } from "./app-change.ts";
import type { AdminBindings } from "./bindings.ts";
import type { Choose } from "./choose-app.ts";
import { missingIn } from "./describe-app.ts";
import { createShownApps, type ShownAppsOptions } from "./shown-apps.ts";

/** Each project shown costs a request to Redis. */
const MAX_PROJECTS_SHOWN = 20;

export interface AppRoutesOptions extends ShownAppsOptions {
  choose: Choose;
  vault: Vault | null;
}

/** `apps` and `apps/:plugin`: what runs, how it is configured and how it does; and changes to that. */
export function createAppRoutes(options: AppRoutesOptions): Hono<AdminBindings> {
  const { choose, instances } = options;
  const { describe, inScope, refresh, of } = createShownApps(options);
  const routes = new Hono<AdminBindings>();

  routes.get("/", async (context) => {
    const projects = await choose.projects(context);
    if (projects.length > MAX_PROJECTS_SHOWN) {
      const error = `there are ${projects.length} projects: add ?project=<token> to see the apps of one`;
      return context.json({ error }, 400);
    }
    const apps = [];
    for (const project of projects) {
      apps.push(...(await of(project, waitUntilOf(context))));
    }
    return context.json({ apps });
  });

  routes.get("/:plugin", async (context) => {
    const place = await choose.app(context);
    if (place instanceof Response) return place;
    await inScope(waitUntilOf(context), (scope) => refresh(place.project, scope));
    return context.json(describe(place));
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
    const { project, plugin } = place;
    await inScope(waitUntilOf(context), async (scope) => {
      // On what all isolates know, not on what this one knew half a minute ago.
      await instances.refresh(project, scope);
      const change = await checkChange(place, parsed.data, options.vault);
      if (change.enabled) requireConfiguration(place, { ...change.config, ...change.secrets });
      await changeOverride(scope.commands, project, plugin, (current) =>
        changedOverride(place, current, change),
      );
      await instances.refresh(project, scope);
      // Set up now, so that the answer says how that went.
      await instances.find(project, plugin, scope);
    });
    return context.json(describe(place));
  });

  routes.onError((error, context) => {
    if (!(error instanceof ChangeRefused)) throw error;
    return context.json({ error: error.message }, 400);
  });
  return routes;

  function requireConfiguration(place: Place, given: Readonly<Record<string, unknown>>): void {
    const missing = missingIn(place, options.environment).filter((key) => !given[key]);
    if (missing.length === 0) return;
    const fields = missing.map((key) => `config.${key}`).join(", ");
    throw new ChangeRefused(`${fields}: required before "${place.plugin}" can be enabled`);
  }
}

function waitUntilOf({ env }: Context<AdminBindings>) {
  return (promise: Promise<unknown>) => env.waitUntil(promise);
}
