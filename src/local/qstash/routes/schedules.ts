import { Hono } from "hono";
import { rawDestination } from "../destination.ts";
import type { Engine } from "../engine.ts";
import { viewSchedule } from "../schedule-view.ts";
import { deleteSchedule, listSchedules, pauseSchedule, putSchedule, readSchedule } from "../schedules.ts";
import { type CallerIP, readPublish } from "./publish.ts";

/** `/v2/schedules`: messages published by the clock. */
export function scheduleRoutes(engine: Engine, callerIP: CallerIP): Hono {
  const app = new Hono();
  const { backend } = engine;

  app.get("/schedules", async (context) => {
    const schedules = await listSchedules(backend);
    return context.json(schedules.map((schedule) => viewSchedule(engine, schedule)));
  });

  app.get("/schedules/:id", async (context) => {
    const schedule = await readSchedule(backend, context.req.param("id"));
    return context.json(viewSchedule(engine, schedule));
  });

  app.delete("/schedules/:id", async (context) => {
    await engine.moving(() => deleteSchedule(engine, context.req.param("id")));
    return context.body(null);
  });

  // The SDK sends PATCH, the OpenAPI description has POST.
  app.on(["PATCH", "POST"], "/schedules/:id/:action{pause|resume}", async (context) => {
    const { id, action } = context.req.param();
    await engine.moving(() => pauseSchedule(engine, id, action === "pause"));
    return context.body(null);
  });

  app.post("/schedules/*", async (context) => {
    const raw = rawDestination(context.req.url, "/v2/schedules/");
    const request = await readPublish(engine, context, raw, callerIP);
    return context.json({ scheduleId: await engine.moving(() => putSchedule(engine, request)) });
  });

  return app;
}
