import { type Context, Hono } from "hono";
import type { AdminBindings } from "../bindings.ts";
import type { Choose } from "../choose-app.ts";
import { type Destinations, MAX_PROJECTS_SHOWN } from "./index.ts";
import { refusalOf } from "../faults.ts";

/** `destinations`: where events go and how that does; and going on at once with one that was down or parked. */
export function createDestinationRoutes(options: {
  choose: Choose;
  destinations: Destinations;
}): Hono<AdminBindings> {
  const { choose, destinations } = options;
  const routes = new Hono<AdminBindings>();

  routes.get("/", async (context) => {
    const projects = await choose.projects(context);
    if (projects.length > MAX_PROJECTS_SHOWN) {
      throw refusalOf("project", `there are ${projects.length}, name one`);
    }
    const shown = await Promise.all(projects.map(destinations.of));
    return context.json({ destinations: shown.flat() });
  });
  routes.post("/:hook/resume", (context) => resume(context, context.req.param("hook"), undefined));
  routes.post("/:hook/:plugin/resume", (context) =>
    resume(context, context.req.param("hook"), context.req.param("plugin")),
  );
  return routes;

  async function resume(context: Context<AdminBindings>, hook: string, plugin: string | undefined) {
    const name = plugin === undefined ? hook : `${hook} ${plugin}`;
    const [only, another] = destinations.named(await choose.projects(context), hook, plugin);
    if (!only) return context.json({ error: `there is no destination "${name}": see GET destinations` }, 404);
    if (another) {
      throw refusalOf("project", `"${name}" is a destination of several: add ?project=<token>`);
    }
    return context.json(await destinations.resume(only, context.var.visitor.name));
  }
}
