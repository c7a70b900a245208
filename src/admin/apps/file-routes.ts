import { Hono } from "hono";
import type { Instances } from "../../apps/instances.ts";
import type { AdminBindings } from "../bindings.ts";
import type { Choose } from "../choose-app.ts";
import type { ShownApps } from "../shown-apps.ts";
import { exportApps, importApps } from "./apps-file.ts";
import type { AppChanges, By } from "./changes.ts";
import { Refused } from "../faults.ts";
import { byOf } from "./index.ts";

/** Takes what a file says about a project's apps, all of it: throws `Refused` before anything is changed. */
export type ImportFile = (project: string, body: unknown, by: By) => Promise<void>;

export function createImportFile(options: {
  instances: Instances;
  shown: ShownApps;
  changes: AppChanges;
}): ImportFile {
  const { instances, shown, changes } = options;
  return async (project, body, by) => {
    await shown.inScope(by.waitUntil, (scope) => instances.refresh(project, scope));
    const apps = importApps(body, instances.places(project));
    for (const [index, { place, change }] of apps.entries()) {
      await changes.check(place, change).catch((error: unknown) => {
        throw error instanceof Refused ? error.below(`apps.${index}`) : error;
      });
    }
    // One after the other: each is placed among those before it. What is as it should be costs nothing.
    for (const { place, position, change } of apps) {
      if (change.enabled !== undefined || Object.keys(change.config ?? {}).length > 0) {
        await changes.change(place, change, by);
      }
      const there = instances.places(project)[position - 1];
      if (there?.plugin !== place.plugin) await changes.move(place, position, by);
    }
  };
}

/** `GET` and `PUT apps.json`: a project's apps as a file. */
export function createFileRoutes(options: {
  choose: Choose;
  instances: Instances;
  shown: ShownApps;
  importFile: ImportFile;
}): Hono<AdminBindings> {
  const { choose, instances, shown } = options;
  const routes = new Hono<AdminBindings>();

  routes.get("/apps.json", async (context) => {
    const project = await choose.project(context);
    await shown.refresh(project, byOf(context).waitUntil);
    return context.json(exportApps(instances.places(project)));
  });

  routes.put("/apps.json", async (context) => {
    const project = await choose.project(context);
    await options.importFile(project, await context.req.json().catch(() => null), byOf(context));
    return context.json(exportApps(instances.places(project)));
  });
  return routes;
}
