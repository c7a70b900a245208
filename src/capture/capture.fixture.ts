import type { Hono } from "hono";
import type { CapturedBatch, Client, PluginEvent } from "../event.ts";
import { createCapture } from "./capture.ts";
import type { CaptureOptions } from "./reception.ts";
import { normaliseTimestamp } from "./time.ts";

export const TOKEN = "phc_test";
export const NOW = "2023-01-01T12:00:00.000Z";
export const EVENT = { event: "e1", distinct_id: "u1", properties: { a: 1 } };
export const SINGLE = { api_key: TOKEN, ...EVENT };
export const BATCH = {
  api_key: TOKEN,
  batch: [
    { event: "e1", distinct_id: "u1" },
    { event: "e2", distinct_id: "u2" },
  ],
};

/** A capture app that serves {@link TOKEN} at {@link NOW} and keeps what it ingests and rejects. */
export interface Recorder {
  app: Hono;
  batches: CapturedBatch[];
  clients: Client[];
  rejected: string[];
  /** POSTs JSON (or a body as it is) to `path`. */
  post(body: unknown, path?: string, headers?: Record<string, string>): Promise<Response>;
  /** As `post`, for a request that is accepted with exactly one event. */
  captured(body: unknown, path?: string, headers?: Record<string, string>): Promise<PluginEvent>;
}

/** @param options what differs from the usual: a refusing `ingest`, limits … */
export function createRecorder(options: Partial<CaptureOptions> & { nowText?: string } = {}): Recorder {
  const batches: CapturedBatch[] = [];
  const clients: Client[] = [];
  const rejected: string[] = [];
  const app = createCapture({
    authorise: (token) => token === TOKEN,
    ingest: async (batch, client) => {
      batches.push(batch);
      clients.push(client);
    },
    onRejected: (project, reason, count) => rejected.push(`${project} ${reason} ${count}`),
    clientOf: () => ({ ip: "203.0.113.7" }),
    siteUrl: (request) => new URL(request.url).origin,
    teamIdOf: () => 2,
    now: () => Date.parse(options.nowText ?? NOW),
    randomBytes: (count) => new Uint8Array(count),
    ...options,
  });

  async function post(body: unknown, path = "/e/", headers: Record<string, string> = {}) {
    const raw = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
    return app.request(path, { method: "POST", body: raw as BodyInit, headers });
  }

  async function captured(body: unknown, path?: string, headers?: Record<string, string>) {
    const before = batches.length;
    const response = await post(body, path, headers);
    const events = batches[before]?.events;
    if (response.status !== 200 || events?.length !== 1 || events[0] === undefined) {
      throw new Error(`not one event: ${response.status} ${await response.text()} ${JSON.stringify(events)}`);
    }
    return events[0];
  }

  return { app, batches, clients, rejected, post, captured };
}

/** The time under which an untouched event is delivered. */
export function deliveredTime(event: PluginEvent): string {
  return normaliseTimestamp({
    ...event,
    now: Date.parse(event.now),
    ignoreSentAt: event.properties?.$ignore_sent_at === true,
  });
}
