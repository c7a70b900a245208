import { type Context, Hono } from "hono";
import { ApiError } from "../api-error.ts";
import { readBody, storeBody } from "../body.ts";
import { rawDestination, splitDestination } from "../destination.ts";
import type { Engine } from "../engine.ts";
import { resourceName } from "../name.ts";
import { messageTooLarge, publish, type Published, type PublishRequest } from "../publish.ts";

/** QStash takes a hundred megabytes (changelog of December 2024). */
const MAX_BATCH_BYTES = 100_000_000;
const MAX_BATCH_MESSAGES = 10_000;

/** Tells the publisher's address, where the platform knows it. */
export type CallerIP = (context: Context) => string | undefined;

/** `/v2/publish/<destination>`, `/v2/enqueue/<queue>/<destination>`, `/v2/batch`. */
export function publishRoutes(engine: Engine, callerIP: CallerIP): Hono {
  const app = new Hono();

  app.post("/publish/*", async (context) => {
    const raw = rawDestination(context.req.url, "/v2/publish/");
    return respond(context, await publish(engine, await readPublish(engine, context, raw, callerIP)));
  });

  app.post("/enqueue/:queue/*", async (context) => {
    const queueName = resourceName("queue name", context.req.param("queue"));
    const raw = rawDestination(context.req.url, `/v2/enqueue/${queueName}/`);
    const request = await readPublish(engine, context, raw, callerIP);
    return respond(context, await publish(engine, { ...request, queueName }));
  });

  app.post("/batch", async (context) => {
    const results: (Published | Published[] | { error: string })[] = [];
    for (const entry of await readBatch(context)) {
      try {
        results.push(await publish(engine, batchRequest(engine, entry, callerIP(context))));
      } catch (error) {
        // A faulty message does not keep the others from being sent (QStash: Batching). Redis failing is no such fault.
        if (!(error instanceof ApiError)) throw error;
        results.push({ error: error.message });
      }
    }
    return context.json(results);
  });

  return app;
}

function respond(context: Context, result: Published | Published[]) {
  const every = Array.isArray(result) ? result : [result];
  return context.json(result, every.every((one) => one.deduplicated) ? 202 : 200);
}

/** Reads a publish whose body is the message. Throws an ApiError (412) when it is above the limit. */
export async function readPublish(
  engine: Engine,
  context: Context,
  raw: string,
  callerIP: CallerIP,
): Promise<PublishRequest> {
  const { bytes, complete } = await readBody(context.req.raw, engine.maxMessageBytes);
  if (!complete) throw messageTooLarge(engine);
  const { destination, settings } = splitDestination(raw);
  for (const [name, value] of context.req.raw.headers) settings.set(name, value);
  return { destination, headers: settings, body: storeBody(bytes), callerIP: callerIP(context) };
}

async function readBatch(context: Context): Promise<unknown[]> {
  const { bytes, complete } = await readBody(context.req.raw, MAX_BATCH_BYTES);
  if (!complete) throw new ApiError(412, `batch is larger than ${MAX_BATCH_BYTES} bytes: split it.`);
  const entries = parseJson(new TextDecoder().decode(bytes));
  if (!Array.isArray(entries)) throw new ApiError(400, "a batch must be a JSON array of messages.");
  if (entries.length > MAX_BATCH_MESSAGES) {
    throw new ApiError(400, `batch holds more than ${MAX_BATCH_MESSAGES} messages: split it.`);
  }
  return entries;
}

function batchRequest(engine: Engine, entry: unknown, callerIP: string | undefined): PublishRequest {
  const { destination: raw, headers, body, queue } = Object(entry) as Record<string, unknown>;
  if (typeof raw !== "string") throw new ApiError(400, 'a message of a batch needs a "destination".');
  if (body !== undefined && body !== null && typeof body !== "string") {
    throw new ApiError(400, 'the "body" of a message of a batch must be text.');
  }
  const bytes = Buffer.from(body ?? "");
  if (bytes.byteLength > engine.maxMessageBytes) throw messageTooLarge(engine);
  const { destination, settings } = splitDestination(raw);
  for (const [name, value] of Object.entries(Object(headers))) setHeader(settings, name, String(value));
  const queueName = queue === undefined ? undefined : resourceName("queue name", String(queue));
  return { destination, headers: settings, body: storeBody(bytes), queueName, callerIP };
}

function setHeader(headers: Headers, name: string, value: string): void {
  try {
    headers.set(name, value);
  } catch {
    // The platform's own text would not say which message of the batch is meant.
    throw new ApiError(400, `"${name}" with the value "${value}" cannot be sent as an HTTP header.`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError(400, `the body is not JSON: ${error instanceof Error ? error.message : error}.`);
  }
}
