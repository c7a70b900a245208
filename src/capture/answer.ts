import { corsHeaders, preflightHeaders } from "./cors.ts";
import { CaptureError, type RefusalStatus, retryAfter, Unavailable } from "./errors.ts";

const JSON_TYPE = "application/json";
/** Exactly this and status 200: some SDKs take any other success for a failure and send again. */
const OK_BODY = '{"status":"Ok"}';

export const CAPTURE_METHODS = "GET, POST, OPTIONS, HEAD";

export function answerOk(request: Request): Response {
  const headers = corsHeaders(request);
  headers["content-type"] = JSON_TYPE;
  return new Response(OK_BODY, { headers });
}

/** A paused project: posthog-js sends it nothing for a minute then, and nobody sends the same again. */
export function answerPaused(request: Request): Response {
  const headers = corsHeaders(request);
  headers["content-type"] = JSON_TYPE;
  return new Response('{"status":"Ok","quota_limited":["events"]}', { headers });
}

/** `?beacon=1`: the browser throws the answer away, so it gets none. */
export function answerBeacon(request: Request): Response {
  return new Response(null, { status: 204, headers: corsHeaders(request) });
}

export function answerPreflight(request: Request): Response {
  const headers = preflightHeaders(request, CAPTURE_METHODS);
  headers["content-type"] = JSON_TYPE;
  return new Response(OK_BODY, { headers });
}

/**
 * Turns what stopped a request into its answer: a {@link CaptureError} into its status, {@link Unavailable} into 503 with
 * `Retry-After`. Rethrows anything else: that is a fault of the gateway.
 */
export function answerError(request: Request, error: unknown): Response {
  const headers = corsHeaders(request);
  headers["content-type"] = JSON_TYPE;
  if (error instanceof CaptureError) {
    if (error.status === 405) headers["allow"] = CAPTURE_METHODS;
    if (error.retryAfterSeconds !== undefined) headers["retry-after"] = retryAfter(error.retryAfterSeconds);
    const body = errorBody(errorType(error.status), error.code, error.message);
    return new Response(body, { status: error.status, headers });
  }
  if (error instanceof Unavailable) {
    headers["retry-after"] = retryAfter(error.retryAfterSeconds);
    const body = errorBody("server_error", "unavailable", "transient error, please retry");
    return new Response(body, { status: 503, headers });
  }
  throw error;
}

/** The kind of a refusal, as PostHog's API names kinds. */
export function errorType(status: RefusalStatus): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  return status === 429 ? "throttled_error" : "validation_error";
}

/** An object, never a bare string or list: SDKs read `detail` (Python, .NET) or `error` (Ruby) from it (decisions 26). */
function errorBody(type: string, code: string, message: string): string {
  return JSON.stringify({ type, code, detail: message, error: message });
}
