import { gzipSync } from "node:zlib";
import { createEvents, type SdkEvent } from "./event.ts";

/** Kinds of requests, with how many of them make a round: about the same work in each kind's. */
export const payloads = [
  { name: "1 event", events: 1, gzip: false, requestsFactor: 4 },
  { name: "50 in gzip", events: 50, gzip: true, requestsFactor: 1 },
  { name: "100 in gzip", events: 100, gzip: true, requestsFactor: 0.5 },
] as const satisfies readonly Payload[];

export interface Payload {
  name: string;
  events: number;
  gzip: boolean;
  /** Requests of a round, as a share of `--requests`. */
  requestsFactor: number;
}

/** A request to `/e/` as it goes over the wire. */
export interface CaptureRequest {
  body: Buffer;
  headers: Readonly<Record<string, string>>;
}

/**
 * Makes requests of one kind as posthog-js sends them: a single event as plain JSON, a batch as gzip that its headers call
 * text. Each has events of its own. `token` is the project's.
 */
export function createRequests(payload: Payload, random: () => number, token: string): () => CaptureRequest {
  const nextEvent = createEvents(random, token);
  return () => {
    const events = Array.from({ length: payload.events }, nextEvent);
    const json = JSON.stringify(payload.events === 1 ? events[0] : batch(events, token));
    const body = payload.gzip ? gzipSync(json) : Buffer.from(json);
    return { body, headers: headersOf(body, payload.gzip ? "text/plain" : "application/json") };
  };
}

function batch(events: readonly SdkEvent[], token: string) {
  return { api_key: token, batch: events, sent_at: events.at(-1)?.timestamp };
}

/** What a browser and Cloudflare put there, so that the gateway has CORS headers to answer and an address to pass on. */
function headersOf(body: Buffer, contentType: string): Record<string, string> {
  return {
    "Content-Type": contentType,
    "Content-Length": String(body.byteLength),
    Accept: "*/*",
    Origin: "https://shop.example.com",
    "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "CF-Connecting-IP": "203.0.113.7",
  };
}
