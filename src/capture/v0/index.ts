import type { Context } from "hono";
import { answerBeacon, answerError, answerOk, answerPaused, answerPreflight } from "../answer.ts";
import { readBody } from "../body.ts";
import { decodeBody, decodeField } from "../decode.ts";
import { requireSparse } from "../density.ts";
import { CaptureError } from "../errors.ts";
import type { CaptureLimits } from "../limits.ts";
import { requireProject, type Reception } from "../reception.ts";
import { readBatch, requireSmallEvents, requireUsable } from "./batch.ts";
import { openEnvelope, readToken } from "./envelope.ts";
import { readQuery, type CaptureQuery } from "./query.ts";

/** Answers one request of protocol v0; `engage` is whether events may lack a name. */
export type CaptureV0 = (context: Context, engage: boolean) => Promise<Response>;

/** Protocol v0: all paths that PostHog's SDKs use by default. `HEAD` answers as `GET` would and records nothing. */
export function createV0(reception: Reception): CaptureV0 {
  const { guard, limits } = reception;

  return async (context, engage) => {
    const request = context.req.raw;
    if (request.method === "OPTIONS") return answerPreflight(request);
    try {
      requireMethod(request.method);
      const client = reception.clientOf(context);
      guard.admit(request, client.ip);
      const nowMs = reception.now();
      const query = readQuery(request.url);
      const json = await readJson(request, query, limits);
      requireSparse(json, limits);
      const envelope = openEnvelope(json);
      const project = readToken(envelope, engage);
      requireProject(project, reception);
      const read = readBatch(envelope, project, {
        nowMs,
        now: new Date(nowMs).toISOString(),
        ip: client.ip,
        siteUrl: reception.siteUrl(request),
        teamId: reception.teamIdOf(project),
        envelopeSentAt: envelope.sentAt,
        querySentAt: query.sentAt,
        engage,
        uuidV7: reception.uuidV7,
        clientUuids: new Set(),
      });
      const { events } = read.batch;
      requireSmallEvents(events, json, limits.maxEventBytes);
      const recording = request.method !== "HEAD";
      if (recording) {
        guard.account(project, events.length);
        read.rejected?.forEach((count, reason) => reception.onRejected?.(project, reason, count, context));
      }
      requireUsable(read);
      if (reception.isPaused?.(project)) {
        if (recording) reception.onRejected?.(project, "paused", events.length, context);
        return query.beacon ? answerBeacon(request) : answerPaused(request);
      }
      if (recording && events.length > 0) await reception.ingest(read.batch, client, context);
      return query.beacon ? answerBeacon(request) : answerOk(request);
    } catch (error) {
      return answerError(request, error);
    }
  };
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
