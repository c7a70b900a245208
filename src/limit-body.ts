import type { MiddlewareHandler } from "hono";

/**
 * Answers 413 to a body above `maxBytes`. One of unknown length is read first, whole, and the request made anew around it: with
 * the platform's own `Request`, since what Node's server hands over cannot be copied.
 */
export function limitBody(maxBytes: number): MiddlewareHandler {
  const refusal = { error: `the body is above ${maxBytes} bytes` };
  return async (context, next) => {
    const { raw } = context.req;
    const length = lengthOf(raw);
    if (length !== null) return length > maxBytes ? context.json(refusal, 413) : next();
    if (raw.body === null) return next();
    const body = await readBody(raw, maxBytes);
    if (body === null) return context.json(refusal, 413);
    const { method, headers } = raw;
    context.req.raw = new Request(context.req.url, { method, headers, body: body.length > 0 ? body : null });
    return next();
  };
}

/**
 * Reads a body; null when it is longer than `maxBytes`, and then no more than that has been read. Rejects when it
 * breaks off.
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | null> {
  const length = lengthOf(request);
  if (length !== null) return length > maxBytes ? null : new Uint8Array(await request.arrayBuffer());
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let total = 0;
  for await (const chunk of request.body ?? []) {
    total += chunk.byteLength;
    if (total > maxBytes) return null;
    chunks.push(new Uint8Array(chunk));
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** What the client says of the body's length; null when it streams. */
function lengthOf({ headers }: Request): number | null {
  const length = headers.get("Content-Length");
  return length === null || headers.has("Transfer-Encoding") ? null : Number(length);
}
