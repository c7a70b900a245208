import type { MiddlewareHandler } from "hono";

/**
 * Answers 413 to a body above `maxBytes`. One of unknown length is read first, whole, and the request made anew around it: with
 * the platform's own `Request`, since what Node's server hands over cannot be copied.
 */
export function limitBody(maxBytes: number): MiddlewareHandler {
  const refusal = { error: `the body is above ${maxBytes} bytes` };
  return async (context, next) => {
    const { raw } = context.req;
    const length = raw.headers.get("Content-Length");
    if (length !== null && !raw.headers.has("Transfer-Encoding")) {
      return Number(length) > maxBytes ? context.json(refusal, 413) : next();
    }
    if (raw.body === null) return next();
    const body = await readUpTo(raw.body, maxBytes);
    if (body === null) return context.json(refusal, 413);
    const { method, headers } = raw;
    context.req.raw = new Request(context.req.url, { method, headers, body: body.size > 0 ? body : null });
    return next();
  };
}

/** Null when there is more than that. */
async function readUpTo(stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<Blob | null> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let total = 0;
  for await (const chunk of stream) {
    total += chunk.byteLength;
    if (total > maxBytes) return null;
    chunks.push(new Uint8Array(chunk));
  }
  return new Blob(chunks);
}
