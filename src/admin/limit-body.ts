import type { MiddlewareHandler } from "hono";
import { lengthOf, readBody } from "../read-body.ts";

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
