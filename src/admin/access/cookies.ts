import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { AdminBindings } from "../bindings.ts";

/**
 * A cookie of the admin's own: not readable by scripts, not sent along from other sites, and not to the routes of SDKs,
 * parts of which are passed on. Secure wherever the page is, or is behind something that ends TLS; only a browser on this
 * very machine gets it by plain http.
 */
export function writeCookie(
  context: Context<AdminBindings>,
  name: string,
  value: string,
  maxAgeSeconds: number,
): void {
  const secure = !isLoopback(context.req.url);
  setCookie(context, name, value, {
    path: context.var.base,
    httpOnly: true,
    sameSite: "Strict",
    maxAge: maxAgeSeconds,
    ...(secure ? { secure, prefix: "secure" } : {}),
  });
}

export function readCookie(context: Context<AdminBindings>, name: string): string | undefined {
  return isLoopback(context.req.url) ? getCookie(context, name) : getCookie(context, name, "secure");
}

/** Whether a page came by plain http from this very machine, which nobody in between can read. */
function isLoopback(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
