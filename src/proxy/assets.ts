import { freshForSeconds } from "./freshness.ts";
import { configForm, keepConfigHere } from "./remote-config.ts";
import type { Target, Upstream } from "./upstream.ts";

/** Where assets are kept: a Worker's `caches.default`, or {@link createMemoryAssetCache}. It may forget, fail or be slow. */
export interface AssetCache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
}

/** When the answer was made, in ms since 1970: what PostHog's own cache had aged it is taken off. Never leaves the gateway. */
const BORN_AT = "x-edgehog-born-at";

/**
 * Answers a request for an asset from the cache while PostHog's `Cache-Control` lets it, else from PostHog, and keeps what may
 * be kept. Storing goes on in the background. Rejects with `UpstreamFault`, as {@link Upstream} does.
 */
export type Assets = (
  request: Request,
  target: Target,
  waitUntil: (promise: Promise<unknown>) => void,
) => Promise<Response>;

export function createAssets(options: {
  upstream: Upstream;
  cache: AssetCache | null;
  now(): number;
}): Assets {
  const { upstream, cache, now } = options;

  return async (request, target, waitUntil) => {
    const key = cache && mayCome(request) ? cacheKey(request, target) : null;
    const kept = key === null ? null : await find(key);
    if (kept) return isKnown(request, kept) ? notModified(kept) : kept;

    const answer = await upstream(request, target);
    const form = configForm(target.path);
    const response = form === null ? answer : await keepConfigHere(answer, form);
    if (cache && key !== null && mayKeep(response)) {
      // A cache that does not take it costs the next request a way to PostHog, nothing else.
      waitUntil(cache.put(key, stored(response.clone(), now())).catch(() => undefined));
    }
    return response;
  };

  async function find(key: string): Promise<Response | null> {
    // As above: a cache that fails holds nothing.
    const found = await cache?.match(key).catch(() => undefined);
    if (!found) return null;
    const ageMs = now() - Number(found.headers.get(BORN_AT));
    if (!(ageMs < freshForSeconds(found.headers) * 1000)) {
      await found.body?.cancel();
      return null;
    }
    const headers = new Headers(found.headers);
    headers.delete(BORN_AT);
    headers.set("age", String(Math.max(0, Math.floor(ageMs / 1000))));
    return new Response(found.body, { status: found.status, headers });
  }
}

function mayCome({ method, headers }: Request): boolean {
  return method === "GET" && !headers.has("authorization") && !headers.has("range");
}

/** What PostHog tells apart: remote config names the site that asks, by `Origin` or the page it was called from. */
function cacheKey(request: Request, { path, query }: Target): string {
  const { headers } = request;
  const site = headers.get("origin") ?? URL.parse(headers.get("referer") ?? "")?.origin ?? "";
  const mark = path.startsWith("/array/") ? `edgehog-site=${encodeURIComponent(site)}` : "";
  const search = [query.slice(1), mark].filter(Boolean).join("&");
  return `${new URL(request.url).origin}${path}${search && `?${search}`}`;
}

/** Names in `Vary` that the key covers, or that concern what we answer anew. */
const COVERED = new Set(["", "accept-encoding", "origin", "referer"]);

function mayKeep({ status, headers }: Response): boolean {
  const varies = (headers.get("vary") ?? "").toLowerCase().split(",");
  const covered = varies.every((name) => COVERED.has(name.trim()));
  return status === 200 && covered && freshForSeconds(headers) > Number(headers.get("age") ?? 0);
}

function stored({ body, headers: given }: Response, nowMs: number): Response {
  const headers = new Headers(given);
  headers.set(BORN_AT, String(nowMs - Number(headers.get("age") ?? 0) * 1000));
  headers.delete("age");
  return new Response(body, { headers });
}

/** Whether the client has this very answer already; weak comparison, as RFC 9110 §13.1.2 has it. */
function isKnown(request: Request, { headers }: Response): boolean {
  const etag = headers.get("etag")?.replace(/^W\//, "");
  const known = (request.headers.get("if-none-match") ?? "").split(",");
  return etag !== undefined && known.some((tag) => tag.trim().replace(/^W\//, "") === etag);
}

async function notModified(kept: Response): Promise<Response> {
  await kept.body?.cancel();
  const headers = new Headers(kept.headers);
  headers.delete("content-length");
  return new Response(null, { status: 304, headers });
}
