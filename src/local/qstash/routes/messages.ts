import { Hono } from "hono";
import { ApiError } from "../api-error.ts";
import { cancelMatching, cancelMessages } from "../cancel.ts";
import type { Engine } from "../engine.ts";
import { filterFields, parseFilter } from "../filter.ts";
import { readMessage } from "../message-store.ts";
import { viewMessage } from "../view.ts";

/** `/v2/messages`: look at and cancel messages on their way. */
export function messageRoutes(engine: Engine): Hono {
  const app = new Hono();
  app.get("/messages/:messageId", async (context) => {
    const messageId = context.req.param("messageId");
    const progress = await readMessage(engine.backend, messageId);
    if (progress === null) throw notFound(messageId);
    return context.json(viewMessage(progress.message));
  });

  app.delete("/messages/:messageId", async (context) => {
    const messageId = context.req.param("messageId");
    const cancelled = await cancelMessages(engine, [messageId]);
    if (cancelled === 0) throw notFound(messageId);
    return context.json({ cancelled }, 202);
  });

  app.delete("/messages", async (context) => {
    const query = new URL(context.req.url).searchParams;
    const messageIds = query.getAll("messageIds").flatMap((text) => text.split(","));
    const cancelled =
      messageIds.length > 0
        ? await cancelMessages(engine, messageIds)
        : await cancelMatching(engine, parseFilter(query, filterFields.messages));
    return context.json({ cancelled }, 202);
  });

  return app;
}

function notFound(messageId: string): ApiError {
  return new ApiError(
    404,
    `message ${messageId} not found: it is delivered, dead, cancelled or was never published.`,
  );
}
