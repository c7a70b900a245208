import { Hono } from "hono";
import type { AdminBindings } from "../bindings.ts";
import { type HealthOptions, probeHealth } from "../overview/health.ts";
import type { ProjectsPageOptions } from "./index.tsx";
import { settingsInForce } from "./settings-in-force.ts";

/** `projects`, `settings` and `health`: whom this gateway serves, by which settings, and how what it needs does. */
export function createProjectRoutes(options: ProjectsPageOptions & HealthOptions): Hono<AdminBindings> {
  const { settings, environment, projects } = options;
  const routes = new Hono<AdminBindings>();

  routes.get("/projects", async (context) => {
    const entries = (await projects.list()).map((project) => ({
      project,
      paused: settings.pausedProjects.includes(project),
    }));
    return context.json({ any: projects.isOpen, entries });
  });
  routes.get("/settings", ({ json }) => json({ entries: settingsInForce(settings, environment) }));
  routes.get("/health", async ({ json }) => json({ entries: await probeHealth(options) }));
  return routes;
}
