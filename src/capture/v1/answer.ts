import { errorType } from "../answer.ts";
import { corsHeaders, preflightHeaders } from "../cors.ts";
import { CaptureError, retryAfter, Unavailable } from "../errors.ts";
import { normaliseUuid } from "../uuid.ts";
import type { EventResult } from "./batch.ts";

const METHODS = "POST, OPTIONS";
/** The floor of a client's own backoff. */
const RETRY_AFTER_SECONDS = 1;
const ERROR_URI = "https://posthog.com/docs/api/capture";

/** Faults that v0 has too, under the names that v1 clients know. */
const V1_CODES: Readonly<Record<string, string>> = {
  request_too_large: "payload_too_large",
  invalid_api_key: "invalid_api_token",
  unknown_api_key: "invalid_api_token",
};

export function answerPreflight(request: Request): Response {
  return new Response(null, { status: 200, headers: preflightHeaders(request, METHODS) });
}

/** 200 with what became of every event, by uuid; `Retry-After` only when some are to be sent again. */
export function answerResults(
  request: Request,
  nowMs: number,
  results: ReadonlyMap<string, EventResult>,
): Response {
  const headers = answerHeaders(request, nowMs);
  if ([...results.values()].some(({ result }) => result === "retry")) {
    headers["retry-after"] = retryAfter(RETRY_AFTER_SECONDS);
  }
  return new Response(JSON.stringify({ results: Object.fromEntries(results) }), { headers });
}

/**
 * Turns what stopped a v1 request into its answer, as `answerError` does for v0. `error` is the tag here, as v1 clients
 * expect it; the fields of all other errors stand beside it (decisions 26). Rethrows what is a fault of the gateway.
 */
export function answerError(request: Request, nowMs: number, error: unknown): Response {
  const headers = answerHeaders(request, nowMs);
  if (error instanceof Unavailable) {
    headers["retry-after"] = retryAfter(error.retryAfterSeconds);
    const body = errorBody("server_error", "unavailable", "transient error, please retry");
    return new Response(body, { status: 503, headers });
  }
  if (!(error instanceof CaptureError)) throw error;
  const { status, code, message } = error;
  if (status === 405) headers["allow"] = METHODS;
  const waitSeconds = error.retryAfterSeconds ?? (status === 408 ? RETRY_AFTER_SECONDS : undefined);
  if (waitSeconds !== undefined) headers["retry-after"] = retryAfter(waitSeconds);
  const body = errorBody(errorType(status), V1_CODES[code] ?? code, message);
  return new Response(body, { status, headers });
}

/** Every answer echoes a request id that is one, so that a client's log and ours can be laid side by side. */
function answerHeaders(request: Request, nowMs: number): Record<string, string> {
  const headers = corsHeaders(request);
  headers["content-type"] = "application/json";
  headers["date"] = new Date(nowMs).toUTCString();
  const requestId = request.headers.get("PostHog-Request-Id");
  if (requestId !== null && normaliseUuid(requestId) !== null) headers["posthog-request-id"] = requestId;
  return headers;
}

function errorBody(type: string, code: string, message: string): string {
  return JSON.stringify({
    error: code,
    error_description: message,
    error_uri: ERROR_URI,
    type,
    code,
    detail: message,
  });
}
