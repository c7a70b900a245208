import { type Context, Hono } from "hono";
import { answerBeacon, answerError, answerOk, answerPreflight } from "../capture/answer.ts";
import { readBody } from "../capture/body.ts";
import { CaptureError } from "../capture/errors.ts";
import { createGuard } from "../capture/guard.ts";
import { type CaptureLimits, DEFAULT_LIMITS } from "../capture/limits.ts";
import { routePath } from "../capture/path.ts";
import { requireProject } from "../capture/reception.ts";
import { readQuery } from "../capture/v0/query.ts";
import type { CapturedBatch, Client } from "../event.ts";
import { answerFault, withCors } from "../proxy/answer.ts";
import { queryOf } from "../proxy/query.ts";
import { createUpstream, describeFault, UpstreamFault } from "../proxy/upstream.ts";
import { decodeRecording } from "./decode.ts";
import { createSnapshotReader } from "./events.ts";
import { inspectRecording } from "./inspect.ts";

export interface ReplayOptions {
  /** Where recordings go, without a trailing slash; null = nowhere. */
  posthogHost: string | null;
  fetch: typeof fetch;
  /** Whether the project with this API token is served. */
  authorise(token: string): boolean;
  /** Whether an app of the project has `onSnapshot`; only then is a recording parsed. */
  wantsSnapshots(project: string): boolean;
  /**
   * Takes the snapshots of a recording that PostHog has accepted. Once it resolves they are durable. It throws `Unavailable`
   * when they are not: the client gets 503 and sends the recording again, to PostHog too, which merges repetitions.
   */
  ingestSnapshots(batch: CapturedBatch, client: Client, context: Context): Promise<void>;
  /** The gateway's origin as apps know it. */
  siteUrl: string;
  teamIdOf(project: string): number;
  /** ms since 1970. */
  now(): number;
  randomBytes(count: number): Uint8Array;
  /** Hears, in one line, of every recording that PostHog did not answer. */
  onFault(message: string): void;
  /** Origins whose pages may send recordings; absent or empty = all. */
  allowedOrigins?: readonly string[];
  limits?: Partial<CaptureLimits>;
}

/** PostHog: 25 MB over the wire. Decompressed, what fits beside that into a Worker's memory. */
const REPLAY_LIMITS: CaptureLimits = { ...DEFAULT_LIMITS, maxWireBytes: 25 * 1024 * 1024 };

/**
 * Serves session recordings, `POST /s/`: validates them, forwards the bytes as they came, and answers with PostHog's status
 * and body (`quota_limited` among them). Without PostHog 200. One subrequest. Memory is bounded by the limits, the body
 * and its decompressed form: no text or object is made of it unless an app wants snapshots. Mount it like capture.
 */
export function createReplay(options: ReplayOptions): Hono<{ Bindings: { client: Client } }> {
  const limits = { ...REPLAY_LIMITS, ...options.limits };
  const upstream = createUpstream({ fetch: options.fetch, limits: { maxBodyBytes: limits.maxWireBytes } });
  const guard = createGuard({ allowedOrigins: options.allowedOrigins }, options.now);
  const readSnapshots = createSnapshotReader(options);
  const app = new Hono<{ Bindings: { client: Client } }>({ getPath: routePath });

  app.all("/s", async (context) => {
    const request = context.req.raw;
    if (request.method === "OPTIONS") return answerPreflight(request);
    try {
      requireMethod(request.method);
      // Recordings are many small requests by nature: the rate limits count events, not these.
      guard.admit(request, null);
      const query = readQuery(request.url);
      const body = await readBody(request, limits);
      const { project, json } = accept(body, request, query.compression);
      const { client } = context.env;
      const answer =
        options.posthogHost === null
          ? (query.beacon ? answerBeacon : answerOk)(request)
          : withCors(request, await forward(request, body, options.posthogHost, client));
      if (json !== null && answer.ok) {
        const batch = readSnapshots(json, project, client.ip);
        if (batch.events.length > 0) await options.ingestSnapshots(batch, client, context);
      }
      return answer;
    } catch (error) {
      if (!(error instanceof UpstreamFault)) return answerError(request, error);
      options.onFault(`${request.method} /s/: ${describeFault(error)}`);
      return answerFault(request, error.status, error.code, error.message);
    }
  });
  return app;

  /** Decoded bytes are let go here, before PostHog is waited for, unless an app wants them. */
  function accept(
    body: Uint8Array,
    request: Request,
    compression: ReturnType<typeof readQuery>["compression"],
  ) {
    const hints = {
      compression,
      contentEncoding: request.headers.get("content-encoding"),
      contentType: request.headers.get("content-type"),
    };
    const json = decodeRecording(body, hints, limits.maxDecodedBytes);
    const project = inspectRecording(json);
    requireProject(project, options);
    return { project, json: options.wantsSnapshots(project) ? json : null };
  }

  function forward(request: Request, body: Uint8Array, host: string, client: Client): Promise<Response> {
    return upstream(request, { host, path: "/s/", query: queryOf(request.url), clientIp: client.ip }, body);
  }
}

/** `GET` carries no recording, and is told so. */
function requireMethod(method: string): void {
  if (method === "POST" || method === "GET" || method === "HEAD") return;
  throw new CaptureError(405, "method_not_allowed", `${method} is not allowed: send recordings with POST`);
}
