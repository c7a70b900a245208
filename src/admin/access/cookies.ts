import type { Context } from "hono";
import type { AdminBindings } from "../bindings.ts";

/**
 * A cookie of the admin's own: not readable by scripts, not sent along from other sites, and not to the routes of SDKs,
 * parts of which are passed on. Secure wherever the page is, or is behind something that ends TLS; only a browser on this
 * very machine gets it by plain http. `name` and `value` are of letters, digits and such as need no encoding.
 */
export function writeCookie(
  context: Context<AdminBindings>,
  name: string,
  value: string,
  maxAgeSeconds: number,
): void {
  const secure = isLoopback(context.req.url) ? "" : " Secure;";
  const line = `${fullName(context, name)}=${value}; Max-Age=${maxAgeSeconds}; Path=${context.var.base}; HttpOnly;${secure} SameSite=Strict`;
  context.header("Set-Cookie", line, { append: true });
}

export function readCookie(context: Context<AdminBindings>, name: string): string | undefined {
  const start = `${fullName(context, name)}=`;
  const pairs = (context.req.header("Cookie") ?? "").split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(start))?.slice(start.length);
}

/** Browsers take a name that begins so over TLS only. */
function fullName(context: Context<AdminBindings>, name: string): string {
  return isLoopback(context.req.url) ? name : `__Secure-${name}`;
}

/** Whether a page came by plain http from this very machine, which nobody in between can read. */
function isLoopback(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
