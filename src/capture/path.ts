import { getPath } from "hono/utils/url";

/**
 * The path by which a request is routed; give it to Hono as `getPath`. Doubled slashes collapse, because SDKs concatenate a
 * host that a person pasted with its slash (`//batch`), and one at the end is dropped: redirecting instead would lose the
 * body of a POST.
 */
export function routePath(request: Request): string {
  let path = getPath(request);
  if (path.includes("//")) path = path.replace(/\/{2,}/g, "/");
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
