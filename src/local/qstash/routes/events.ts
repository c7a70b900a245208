import { type Context, Hono } from "hono";
import type { Engine } from "../engine.ts";
import { listEvents } from "../event-log.ts";
import { filterFields, parseFilter } from "../filter.ts";
import { pageQuery } from "./page.ts";

/** `/v2/events`, which the SDK reads, and `/v2/logs`, which the OpenAPI description has: what happened to messages. */
export function eventRoutes(engine: Engine): Hono {
  const app = new Hono();

  const read = (context: Context) => {
    const query = new URL(context.req.url).searchParams;
    const filter = parseFilter(query, filterFields.events);
    return listEvents(engine.backend, { filter, ...pageQuery(context) });
  };

  app.get("/events", async (context) => context.json(await read(context)));

  app.get("/logs", async (context) => {
    const { events: logs, ...rest } = await read(context);
    return context.json({ logs, ...rest });
  });

  return app;
}
