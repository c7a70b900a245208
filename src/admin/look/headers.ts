import { Buffer } from "node:buffer";
import type { MiddlewareHandler } from "hono";
import type { AdminBindings } from "../bindings.ts";

const NONCE_BYTES = 16;

/**
 * Headers of everything under `/admin`. Scripts and styles run by a nonce alone: `'self'` would admit what the gateway
 * passes on from elsewhere on the same origin. No referrer rule stricter than `same-origin`, since browsers then hide the
 * `Origin` of forms.
 */
export function secureHeaders(randomBytes: (count: number) => Uint8Array): MiddlewareHandler<AdminBindings> {
  return async (context, next) => {
    const nonce = Buffer.from(randomBytes(NONCE_BYTES)).toString("base64url");
    context.set("nonce", nonce);
    await next();
    const { headers } = context.res;
    for (const [name, value] of Object.entries(FIXED)) headers.set(name, value);
    headers.set("Content-Security-Policy", policy(nonce));
    if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
  };
}

const FIXED = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "X-Robots-Tag": "noindex",
};

function policy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "img-src data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
