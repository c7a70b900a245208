import { Hono, type Context } from "hono";
import type { CapturedBatch, Client } from "../event.ts";
import { answerBeacon, answerError, answerOk, answerPreflight } from "./answer.ts";
import { readBody } from "./body.ts";
import { decodeBody, decodeField } from "./decode.ts";
import { CaptureError } from "./errors.ts";
import { DEFAULT_LIMITS, type CaptureLimits } from "./limits.ts";
import { routePath } from "./path.ts";
import { createUuidV7 } from "./uuid.ts";
import { readBatch, requireSmallEvents, requireUsable } from "./v0/batch.ts";
import { openEnvelope, readToken } from "./v0/envelope.ts";
import { readQuery, type CaptureQuery } from "./v0/query.ts";
import type { Rejection } from "./v0/rejection.ts";

/** What capture is given; it knows neither apps nor a queue. */
export interface CaptureOptions {
  /** Whether the project with this API token is served. */
  authorise(token: string): boolean;
  /**
   * Takes the usable events of one request, at least one. Once it resolves they are durable and the client gets 200. It
   * throws `Unavailable` (503, the client sends again) or `CaptureError` (its own status); anything else is a
   * fault of the gateway and reaches Hono's `onError`.
   */
  ingest(batch: CapturedBatch, client: Client, context: Context): Promise<void>;
  /** Hears of events that were not accepted, per project and reason, also when none of the request was. */
  onRejected?(project: string, reason: Rejection, count: number): void;
  clientOf(context: Context): Client;
  /** The gateway's origin as the client addressed it. */
  siteUrl(request: Request): string;
  /** The number by which apps know the project. */
  teamIdOf(project: string): number;
  /** ms since 1970. */
  now(): number;
  /** Cryptographically random bytes; drawn for 64 events at a time. */
  randomBytes(count: number): Uint8Array;
  limits?: Partial<CaptureLimits>;
}

/** Paths of PostHog's capture protocol v0. The encodings are told by the bytes, so that all of them take all. */
const V0_PATHS = ["/e", "/i/v0/e", "/batch", "/capture", "/track", "/engage", "/i/v0/ai/batch"];

/**
 * Serves PostHog's capture protocol v0: decodes, authorises and validates events, hands them to `ingest`, and
 * answers as SDKs expect it. Mount it under "/" of an app whose `getPath` is {@link routePath}; without that, trailing
 * and doubled slashes do not match. `HEAD` answers as `GET` would and records nothing.
 */
export function createCapture(options: CaptureOptions): Hono {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const uuidV7 = createUuidV7(options.randomBytes);
  const app = new Hono({ getPath: routePath });

  for (const path of V0_PATHS) {
    app.all(path, async (context) => {
      const request = context.req.raw;
      if (request.method === "OPTIONS") return answerPreflight(request);
      try {
        requireMethod(request.method);
        const nowMs = options.now();
        const query = readQuery(request.url);
        const json = await readJson(request, query, limits);
        const envelope = openEnvelope(json);
        const engage = path === "/engage";
        const project = readToken(envelope, engage);
        requireProject(project, options);
        const client = options.clientOf(context);
        const read = readBatch(envelope, project, {
          nowMs,
          now: new Date(nowMs).toISOString(),
          ip: client.ip,
          siteUrl: options.siteUrl(request),
          teamId: options.teamIdOf(project),
          envelopeSentAt: envelope.sentAt,
          querySentAt: query.sentAt,
          engage,
          uuidV7,
          clientUuids: new Set(),
        });
        requireSmallEvents(read.batch.events, json, limits.maxEventBytes);
        const recording = request.method !== "HEAD";
        if (recording)
          read.rejected?.forEach((count, reason) => options.onRejected?.(project, reason, count));
        requireUsable(read);
        if (recording && read.batch.events.length > 0) await options.ingest(read.batch, client, context);
        return query.beacon ? answerBeacon(request) : answerOk(request);
      } catch (error) {
        return answerError(request, error);
      }
    });
  }
  return app;
}

async function readJson(request: Request, query: CaptureQuery, limits: CaptureLimits): Promise<string> {
  if (query.data !== null) return decodeField(query.data, query.compression, limits.maxDecodedBytes);
  const hints = {
    compression: query.compression,
    contentEncoding: request.headers.get("content-encoding"),
    contentType: request.headers.get("content-type"),
  };
  return decodeBody(await readBody(request, limits), hints, limits.maxDecodedBytes);
}

function requireMethod(method: string): void {
  if (method === "POST" || method === "GET" || method === "HEAD") return;
  throw new CaptureError(
    405,
    "method_not_allowed",
    `${method} is not allowed: send events with POST, or GET with ?data=`,
  );
}

function requireProject(project: string, options: CaptureOptions): void {
  if (options.authorise(project)) return;
  throw new CaptureError(
    401,
    "unknown_api_key",
    "The provided API key is invalid or has expired. Use the API token (phc_…) of a project that this gateway serves.",
  );
}
