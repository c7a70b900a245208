import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type Site, serveSite } from "./site.ts";

/** An event as PostHog gets it. */
export interface ArrivedEvent {
  event: string;
  distinct_id: string;
  properties: Record<string, unknown>;
}

/** A PostHog for browsers: the SDK's own files as assets, remote config, one flag, and what arrived. */
export interface PostHogStandIn extends Site {
  events(): ArrivedEvent[];
  /** Recordings, one entry per request. */
  recordings(): ArrivedEvent[][];
}

const files = dirname(createRequire(import.meta.url).resolve("posthog-js"));

/** Names an address that no page of the test may ever reach: the gateway has to rewrite it. */
const REMOTE_CONFIG = {
  supportedCompression: ["gzip", "gzip-js"],
  hasFeatureFlags: true,
  analytics: { endpoint: "https://us.i.posthog.com/i/v0/e/" },
  autocapture_opt_out: false,
  elementsChainAsString: true,
  sessionRecording: {
    endpoint: "https://us.i.posthog.com/s/",
    recorderVersion: "v2",
    minimumDurationMilliseconds: 0,
  },
  surveys: false,
  heatmaps: false,
  siteApps: [],
};

const FLAGS = {
  flags: {
    beta: {
      key: "beta",
      enabled: true,
      variant: "blue",
      reason: { code: "condition_match", description: "matched" },
      metadata: { id: 1, version: 1, payload: null },
    },
  },
  errorsWhileComputingFlags: false,
  requestId: "0190a000-0000-7000-8000-000000000000",
};

export async function startPostHog(token: string): Promise<PostHogStandIn> {
  const events: ArrivedEvent[] = [];
  const recordings: ArrivedEvent[][] = [];
  const site = await serveSite(async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/batch/") events.push(...((await read(request)) as { batch: ArrivedEvent[] }).batch);
    if (pathname === "/s/") recordings.push((await read(request)) as ArrivedEvent[]);
    return answer(pathname, token);
  });
  return { ...site, events: () => events, recordings: () => recordings };
}

/** The SDK compresses without saying so. */
async function read(request: Request): Promise<unknown> {
  const bytes = Buffer.from(await request.arrayBuffer());
  return JSON.parse((bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString());
}

async function answer(path: string, token: string): Promise<Response> {
  const [, asset] = /^\/static\/(?:[\d.]+\/)?([\w-]+\.js)$/.exec(path) ?? [];
  if (asset !== undefined) return serveFile(asset);
  if (path === `/array/${token}/config.js`) return script(token);
  if (path === `/array/${token}/config`) return Response.json(REMOTE_CONFIG);
  if (path === "/flags/") return Response.json(FLAGS);
  return Response.json({ status: "Ok" });
}

async function serveFile(name: string): Promise<Response> {
  const text = await readFile(join(files, name), "utf8").catch(() => null);
  if (text === null) return new Response("not found", { status: 404 });
  return javascript(text);
}

function script(token: string): Response {
  return javascript(`(function() {
  window._POSTHOG_REMOTE_CONFIG = window._POSTHOG_REMOTE_CONFIG || {};
  window._POSTHOG_REMOTE_CONFIG['${token}'] = { config: ${JSON.stringify(REMOTE_CONFIG)}, siteApps: [] }
})();`);
}

function javascript(text: string): Response {
  return new Response(text, {
    headers: { "Content-Type": "application/javascript", "Cache-Control": "public, max-age=300" },
  });
}
