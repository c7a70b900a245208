import type { Context } from "hono";
import { readBody } from "../body.ts";
import { decompress } from "../decompress.ts";
import { requireSparse } from "../density.ts";
import { CaptureError, Unavailable } from "../errors.ts";
import type { CaptureLimits } from "../limits.ts";
import { requireProject, type Reception } from "../reception.ts";
import { decodeUtf8 } from "../text.ts";
import { normaliseUuid } from "../uuid.ts";
import { answerError, answerPreflight, answerResults } from "./answer.ts";
import { readBatch, type EventResult, type ReadV1Batch } from "./batch.ts";
import { openEnvelope } from "./envelope.ts";
import type { Lane } from "./event.ts";
import { readBearer, readHeaders, type V1Headers } from "./headers.ts";

/** Answers one request of protocol v1. */
export type CaptureV1 = (context: Context, lane: Lane) => Promise<Response>;

/**
 * Protocol v1: the project in `Authorization`, the clock and the SDK in headers, a result for every event. When no event
 * can be made durable the answer is 503 (decisions 25), which a client that does not read results understands as well;
 * `retry` results are for a request of which some events are durable and some are not.
 */
export function createV1(reception: Reception): CaptureV1 {
  const { guard, limits } = reception;

  return async (context, lane) => {
    const request = context.req.raw;
    if (request.method === "OPTIONS") return answerPreflight(request);
    const nowMs = reception.now();
    try {
      requirePost(request.method);
      const client = reception.clientOf(context);
      guard.admit(request, client.ip);
      const project = readBearer(request.headers);
      requireProject(project, reception);
      if (reception.isPaused?.(project)) {
        throw new CaptureError(402, "billing_limit_exceeded", "this project is paused on the gateway");
      }
      const headers = readHeaders(request.headers);
      const json = await readJson(request, headers, limits);
      requireSparse(json, limits);
      const envelope = openEnvelope(json);
      const arrival = {
        ...headers,
        lane,
        now: new Date(nowMs).toISOString(),
        ip: client.ip,
        siteUrl: reception.siteUrl(request),
        teamId: reception.teamIdOf(project),
        captureInternal: envelope.captureInternal,
      };
      const read = readBatch(envelope, project, arrival, { json, maxEventBytes: limits.maxEventBytes });
      guard.account(project, read.batch.events.length);
      read.dropped.forEach((count, reason) => reception.onRejected?.(project, reason, count, context));
      const results = await ingested(read, () => reception.ingest(read.batch, client, context));
      return answerResults(request, nowMs, results);
    } catch (error) {
      return answerError(request, nowMs, error);
    }
  };
}

/** @throws Unavailable when no event is durable */
async function ingested(
  { batch, results }: ReadV1Batch,
  ingest: () => Promise<void>,
): Promise<ReadonlyMap<string, EventResult>> {
  if (batch.events.length === 0) return results;
  try {
    await ingest();
    return results;
  } catch (error) {
    if (!(error instanceof Unavailable) || error.notPersisted === undefined) throw error;
    const { notPersisted } = error;
    return new Map(
      [...results].map(([sentUuid, result]) => [
        sentUuid,
        notPersisted.has(normaliseUuid(sentUuid) ?? "")
          ? { result: "retry", details: "not_persisted" }
          : result,
      ]),
    );
  }
}

async function readJson(request: Request, { coding }: V1Headers, limits: CaptureLimits): Promise<string> {
  const body = await readBody(request, { ...limits, maxWireBytes: limits.maxV1WireBytes });
  return decodeUtf8(coding === null ? body : decompress(coding, body, limits.maxDecodedBytes));
}

function requirePost(method: string): void {
  if (method === "POST") return;
  throw new CaptureError(405, "method_not_allowed", `${method} is not allowed: send events with POST`);
}
