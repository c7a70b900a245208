import { findConfigs } from "./config-script.ts";
import { readUpTo } from "./read.ts";
import { unreachable, UpstreamFault } from "./upstream.ts";

/** In which form an answer carries remote config: as JSON, or within a script. */
export type ConfigForm = "json" | "script";

/** The form in which PostHog's answer to `path` may carry remote config, null where it carries none. */
export function configForm(path: string): ConfigForm | null {
  if (/^\/array\/[^/]+\/config\/?$/.test(path) || /^\/(flags|decide)\/?$/.test(path)) return "json";
  return /^\/array\/[^/]+\/(config|array)\.js$/.test(path) ? "script" : null;
}

/** Remote config takes some KB, the bundle that `/array/<token>/array.js` puts before it some hundred. */
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Keeps the SDK on this gateway: rewrites the endpoints in an answer's remote config to paths that it serves. An answer
 * that needs no change, is no success or cannot be understood comes back with the very bytes it had.
 * @throws UpstreamFault when the body breaks off or is larger than any remote config
 */
export async function keepConfigHere(response: Response, form: ConfigForm): Promise<Response> {
  if (response.status !== 200 || response.body === null) return response;
  const bytes = await readUpTo(response.body, MAX_BYTES).catch((error: unknown) => {
    throw unreachable(error);
  });
  if (bytes === null) {
    const message = `PostHog's remote config is above ${MAX_BYTES} bytes`;
    throw new UpstreamFault(502, "upstream_answer_too_large", message);
  }
  const text = new TextDecoder().decode(bytes);
  const rewritten = form === "json" ? rewriteJson(text) : rewriteScript(text);
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  if (rewritten !== text) headers.delete("content-length");
  return new Response(rewritten === text ? bytes : rewritten, { status, statusText, headers });
}

/** JSON text with its endpoints rewritten; the same text when there is nothing to rewrite or it is no JSON object. */
function rewriteJson(text: string): string {
  const config = parseObject(text);
  return config !== null && rewriteConfig(config) ? JSON.stringify(config) : text;
}

function rewriteScript(script: string): string {
  let rewritten = "";
  let written = 0;
  for (const { start, end } of findConfigs(script)) {
    const config = script.slice(start, end);
    const json = rewriteJson(config);
    if (json === config) continue;
    // What ends a script element inside a page must not come out of a JSON string.
    rewritten += script.slice(written, start) + json.replaceAll("</", "<\\/");
    written = end;
  }
  return rewritten + script.slice(written);
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    // Not JSON: whatever it is, it is the SDK's to judge.
    return null;
  }
}

/** Where the gateway takes events; anything else that PostHog may name one day would pass the apps by, or be a 404. */
const EVENT_PATHS = new Set(["/e", "/i/v0/e", "/batch", "/capture", "/track", "/i/v1/analytics/events"]);
const DEFAULT_EVENT_PATH = "/e/";
/** Remote config nests some levels; what lies deeper holds no endpoint. */
const MAX_LEVELS = 12;

/** Rewrites in place; tells whether anything changed. */
function rewriteConfig(config: Record<string, unknown>): boolean {
  const changed = bringHome(config, MAX_LEVELS);
  const { analytics } = config;
  if (typeof analytics !== "object" || analytics === null || !("endpoint" in analytics)) return changed;
  const { endpoint } = analytics;
  if (typeof endpoint === "string" && EVENT_PATHS.has(endpoint.replace(/\/$/, ""))) return changed;
  analytics.endpoint = DEFAULT_EVENT_PATH;
  return true;
}

/** SDKs put their own host before these, so that an absolute address of PostHog's becomes the path it stands for. */
const ADDRESSES = /^(?:.*_)?(?:endpoint|url)$/i;
const POSTHOG_INGESTION = /^https?:\/\/[a-z0-9-]+\.i\.posthog\.com(?=\/)/i;

function bringHome(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null || levels === 0) return false;
  const record = value as Record<string, unknown>;
  let changed = false;
  for (const key of Object.keys(record)) {
    const item = record[key];
    if (typeof item === "string" && ADDRESSES.test(key) && POSTHOG_INGESTION.test(item)) {
      record[key] = item.replace(POSTHOG_INGESTION, "");
      changed = true;
    } else if (bringHome(item, levels - 1)) changed = true;
  }
  return changed;
}
