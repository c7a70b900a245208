import { type Context, Hono } from "hono";
import { preflightHeaders } from "../capture/cors.ts";
import { routePath } from "../capture/path.ts";
import type { Client } from "../event.ts";
import { answerFault, withCors } from "./answer.ts";
import { type AssetCache, createAssets } from "./assets.ts";
import { deriveAssetsHost } from "./assets-host.ts";
import { FAMILIES, type Family, targetPath } from "./families.ts";
import { answerLocally } from "./local-answers.ts";
import { queryOf } from "./query.ts";
import { configForm, keepConfigHere } from "./remote-config.ts";
import { createUpstream, describeFault, UpstreamFault, type UpstreamLimits } from "./upstream.ts";

export interface ProxyOptions {
  /** Where PostHog is, without a trailing slash; null answers every SDK with what keeps it quiet. */
  posthogHost: string | null;
  /** Where `/static` and `/array` come from; null derives it from `posthogHost`. */
  assetsHost: string | null;
  fetch: typeof fetch;
  /** Keeps assets; null asks PostHog every time. */
  cache: AssetCache | null;
  /** ms since 1970. */
  now(): number;
  uuid(): string;
  /** Hears, in one line, of every request that PostHog did not answer. */
  onFault(message: string): void;
  limits?: Partial<UpstreamLimits>;
}

/** What the platform supplies with each request. */
export interface ProxyBindings {
  client: Client;
  waitUntil(promise: Promise<unknown>): void;
}

type ProxyContext = Context<{ Bindings: ProxyBindings }>;

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * Serves what an SDK asks of its host besides capture and replay: flags, remote config, assets, surveys, logs. Passed
 * through to PostHog, with assets cached and the endpoints in remote config kept on this gateway. One subrequest each,
 * and for assets up to two operations of the cache. Mount it last, under "/" of an app whose `getPath` is
 * `routePath`; what is not of a known family falls through to the app's own 404.
 */
export function createProxy(options: ProxyOptions): Hono<{ Bindings: ProxyBindings }> {
  const { posthogHost } = options;
  const assetsHost = options.assetsHost ?? (posthogHost === null ? null : deriveAssetsHost(posthogHost));
  const upstream = createUpstream(options);
  const assets = createAssets({ ...options, upstream });
  const app = new Hono<{ Bindings: ProxyBindings }>({ getPath: routePath });
  for (const family of FAMILIES) app.all(family.route, (context) => answer(context, family));
  return app;

  async function answer(context: ProxyContext, family: Family): Promise<Response> {
    const request = context.req.raw;
    if (request.method === "OPTIONS") {
      return new Response(null, { status: 204, headers: preflightHeaders(request, METHODS.join(", ")) });
    }
    if (!METHODS.includes(request.method)) {
      const detail = `${request.method} is not passed on to PostHog`;
      return answerFault(request, 405, "method_not_allowed", detail);
    }
    const path = targetPath(context.req.path, request.url, family);
    if (path === null) return answerFault(request, 404, "not_found", `there is no ${context.req.path} here`);
    if (family.lacksCredentials?.(request)) {
      const detail = "Authentication credentials were not provided: send the project's API token (phc_…)";
      return answerFault(request, 401, "not_authenticated", detail);
    }
    const host = family.assets ? assetsHost : posthogHost;
    if (host === null) return answerLocally(request, path, options.uuid());
    try {
      return withCors(request, await pass(context, family, host, path));
    } catch (error) {
      if (!(error instanceof UpstreamFault)) throw error;
      if (error.status >= 500) options.onFault(`${request.method} ${path}: ${describeFault(error)}`);
      return answerFault(request, error.status, error.code, error.message);
    }
  }

  async function pass(context: ProxyContext, family: Family, host: string, path: string): Promise<Response> {
    const request = context.req.raw;
    const target = { host, path, query: queryOf(request.url), clientIp: context.env.client.ip };
    if (family.assets) return assets(request, target, (promise) => context.env.waitUntil(promise));
    const response = await upstream(request, target);
    const form = configForm(path);
    return form === null ? response : keepConfigHere(response, form);
  }
}
