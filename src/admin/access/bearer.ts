import type { MiddlewareHandler } from "hono";
import type { AdminBindings } from "../bindings.ts";
import type { Attempts } from "./attempts.ts";
import { type AdminToken, findToken } from "./tokens.ts";

/**
 * Lets a request pass that carries `Authorization: Bearer <token>`; a token for reading only reads. Answers in JSON: 401
 * without a token, 403 where it is not enough, 429 for an address that has tried too many.
 */
export function requireBearer(
  tokens: readonly AdminToken[],
  attempts: Attempts,
): MiddlewareHandler<AdminBindings> {
  return async (context, next) => {
    const { ip } = context.env.client;
    const waitSeconds = attempts.waitSeconds(ip);
    if (waitSeconds > 0) {
      const error = `too many wrong tokens from this address: try again in ${waitSeconds} s`;
      return context.json({ error }, 429, { "Retry-After": String(waitSeconds) });
    }
    const given = /^Bearer\s+(.+)$/i.exec(context.req.header("Authorization") ?? "")?.[1];
    const token = given === undefined ? null : findToken(tokens, given.trim());
    if (!token) {
      if (given !== undefined) context.env.waitUntil(attempts.failed(ip));
      return context.json({ error: "send the ADMIN_TOKEN as Authorization: Bearer <token>" }, 401, {
        "WWW-Authenticate": "Bearer",
      });
    }
    if (token.access === "read" && !isReading(context.req.method)) {
      const error = `the token "${token.name}" may only read: ${context.req.method} needs one without :read in ADMIN_TOKEN`;
      return context.json({ error }, 403);
    }
    context.set("visitor", { name: token.name, access: token.access });
    return next();
  };
}

/** Whether a method changes nothing. */
export function isReading(method: string): boolean {
  return method === "GET" || method === "HEAD";
}
