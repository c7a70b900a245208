import { type Context, Hono } from "hono";
import {
  deleteDeadLetters,
  listDeadLetters,
  readDeadLetter,
  readDeadLetters,
  viewDeadLetter,
} from "../dead-letters.ts";
import type { Engine } from "../engine.ts";
import { filterFields, parseFilter } from "../filter.ts";
import { retryDeadLetters } from "../resurrect.ts";
import { pageQuery } from "./page.ts";

/** `/v2/dlq`: list, look at, delete and retry dead letters. */
export function deadLetterRoutes(engine: Engine): Hono {
  const app = new Hono();
  const { backend } = engine;

  /** The dead letters that a request names by id or by filter; all of them without either. */
  const find = async (context: Context): Promise<{ dlqIds: string[]; cursor?: string }> => {
    const query = new URL(context.req.url).searchParams;
    const dlqIds = query.getAll("dlqIds").flatMap((text) => text.split(","));
    if (dlqIds.length > 0) return { dlqIds: [...new Set(dlqIds)] };
    const filter = parseFilter(query, filterFields.deadLetters);
    const { letters, ...rest } = await listDeadLetters(backend, { filter, ...pageQuery(context) });
    return { dlqIds: letters.map((letter) => letter.dlqId), ...rest };
  };

  app.get("/dlq", async (context) => {
    const { dlqIds, ...rest } = await find(context);
    const letters = await readDeadLetters(backend, dlqIds);
    return context.json({ messages: letters.map(viewDeadLetter), ...rest });
  });

  app.get("/dlq/:dlqId", async (context) =>
    context.json(viewDeadLetter(await readDeadLetter(backend, context.req.param("dlqId")))),
  );

  app.delete("/dlq/:dlqId", async (context) => {
    await readDeadLetter(backend, context.req.param("dlqId"));
    return context.json({ deleted: await deleteDeadLetters(backend, [context.req.param("dlqId")]) });
  });

  app.delete("/dlq", async (context) => {
    const { dlqIds, ...rest } = await find(context);
    return context.json({ deleted: await deleteDeadLetters(backend, dlqIds), ...rest });
  });

  app.post("/dlq/retry/:dlqId", async (context) => {
    const [response] = await retryDeadLetters(engine, [context.req.param("dlqId")], context.req.raw.headers);
    return context.json(response, 201);
  });

  app.post("/dlq/retry", async (context) => {
    const { dlqIds, ...rest } = await find(context);
    const responses = await retryDeadLetters(engine, dlqIds, context.req.raw.headers);
    return context.json({ responses, ...rest }, 201);
  });

  return app;
}
