import { Hono } from "hono";
import { ApiError } from "../api-error.ts";
import type { Engine } from "../engine.ts";
import { keys } from "../keys.ts";
import { resourceName } from "../name.ts";
import { advanceQueue, deleteQueue, pauseQueue, readQueue, upsertQueueCommands } from "../queue.ts";
import { texts, transact } from "../redis.ts";
import { jsonBody } from "./json-body.ts";

/** `/v2/queues`: first-in-first-out delivery. */
export function queueRoutes(engine: Engine): Hono {
  const app = new Hono();
  const { backend, clock } = engine;

  app.post("/queues", async (context) => {
    const { queueName, parallelism = 1, paused = false } = await jsonBody(context);
    const name = resourceName("queue name", String(queueName));
    if (!Number.isInteger(parallelism) || Number(parallelism) < 1) {
      throw new ApiError(
        400,
        `parallelism "${parallelism}" of queue ${name} is not a positive whole number.`,
      );
    }
    const settings = { parallelism: Number(parallelism), paused: paused === true };
    await engine.moving(async () => {
      await transact(backend, upsertQueueCommands(name, settings, clock.now()));
      await (settings.paused ? pauseQueue(engine, name) : advanceQueue(engine, name));
    });
    return context.body(null);
  });

  app.get("/queues", async (context) => {
    const names = texts(await backend.command(["SMEMBERS", keys.queues]));
    return context.json(await Promise.all(names.toSorted().map((name) => readQueue(backend, name))));
  });

  app.get("/queues/:name", async (context) =>
    context.json(await readQueue(backend, resourceName("queue name", context.req.param("name")))),
  );

  app.delete("/queues/:name", async (context) => {
    const name = resourceName("queue name", context.req.param("name"));
    await engine.moving(() => deleteQueue(engine, name));
    return context.body(null);
  });

  app.post("/queues/:name/pause", async (context) => {
    const name = resourceName("queue name", context.req.param("name"));
    await engine.moving(() => pauseQueue(engine, name));
    return context.body(null);
  });

  app.post("/queues/:name/resume", async (context) => {
    const name = resourceName("queue name", context.req.param("name"));
    await engine.moving(async () => {
      await transact(backend, upsertQueueCommands(name, { paused: false }, clock.now()));
      await advanceQueue(engine, name);
    });
    return context.body(null);
  });

  return app;
}
