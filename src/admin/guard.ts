import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";

/** Lets a request pass that carries `Authorization: Bearer <token>`; compares in constant time. */
export function requireBearer(token: string): MiddlewareHandler {
  const expected = digest(token);
  return async (context, next) => {
    const given = /^Bearer\s+(.+)$/i.exec(context.req.header("Authorization") ?? "")?.[1];
    if (given === undefined || !timingSafeEqual(digest(given.trim()), expected)) {
      return context.json({ error: "send the ADMIN_TOKEN as Authorization: Bearer <token>" }, 401, {
        "WWW-Authenticate": "Bearer",
      });
    }
    return next();
  };
}

/** Digests have one length, whatever was sent. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
