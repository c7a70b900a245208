import assert from "node:assert/strict";
import { createCapture } from "../../src/capture/capture.ts";
import { mendEscapes } from "../../src/capture/text.ts";
import type { CapturedBatch } from "../../src/event.ts";
import { toRequest, type FuzzRequest } from "./request.ts";

export const TOKEN = "phc_test";
/** Received at; the generators' times lie around it. */
export const NOW_MS = Date.parse("2023-01-01T12:00:00Z");
/** No request may take longer, on however busy a machine. */
const HANG_MS = 20_000;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Sends one request to capture and checks all that must hold for any request whatsoever. */
export type Check = (request: FuzzRequest) => Promise<void>;

/** The real capture app, with an `ingest` that keeps the request's batch and holds it to what the pipeline relies on. */
export function createTarget(): Check {
  const batches: CapturedBatch[] = [];
  const app = createCapture({
    authorise: (token) => token === TOKEN,
    ingest: async (batch) => {
      requireWhole(batch);
      batches.push(batch);
    },
    clientOf: () => ({ ip: "203.0.113.7" }),
    siteUrl: () => "http://edge.test",
    teamIdOf: () => 1,
    now: () => NOW_MS,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  });

  return async (fuzzed) => {
    batches.length = 0;
    const response = await withoutHanging(Promise.resolve(app.request(toRequest(fuzzed))));
    const text = await response.text();
    assert.ok(response.status < 500, `answered ${response.status}: ${text}`);
    if (
      response.status !== 204 &&
      fuzzed.method !== "HEAD" &&
      fuzzed.method !== "OPTIONS" &&
      text !== NOT_FOUND
    )
      requireObject(text);
    const { origin } = fuzzed.headers;
    if (origin !== undefined && response.status !== 404)
      assert.equal(response.headers.get("access-control-allow-origin"), origin.trim());
    if (!("payload" in fuzzed)) return;
    assert.equal(response.status, 200, `refused what is valid: ${text}`);
    assert.equal(textOf(batches[0]?.events[0]?.properties?.["payload"]), mended(fuzzed.payload));
  };
}

/** Hono's own answer to a path that capture does not serve. */
const NOT_FOUND = "404 Not Found";

/** A failure in here becomes a 500, which no request may get. */
function requireWhole({ project, events, requestId }: CapturedBatch): void {
  assert.equal(project, TOKEN);
  assert.ok(events.length > 0);
  assert.ok(!requestId?.includes(":"));
  for (const { uuid, event, distinct_id, properties, ip } of events) {
    assert.match(uuid, UUID);
    assert.notEqual(event, "");
    assert.notEqual(distinct_id.trim(), "");
    assert.ok(properties === undefined || (typeof properties === "object" && properties !== null));
    assert.equal(typeof ip, "string");
  }
  JSON.stringify(events);
}

function requireObject(text: string): void {
  const body: unknown = JSON.parse(text);
  assert.ok(typeof body === "object" && body !== null && !Array.isArray(body), `no object: ${text}`);
}

/** JSON without NULs and lone surrogates, as capture passes it on. */
function mended(value: unknown): string {
  return textOf(JSON.parse(mendEscapes(textOf(value))));
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? "undefined";
}

async function withoutHanging<T>(answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hung = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${HANG_MS} ms`)), HANG_MS);
  });
  try {
    return await Promise.race([answer, hung]);
  } finally {
    clearTimeout(timer);
  }
}
