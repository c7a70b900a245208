/** What pages may read of an answer beside its body; the last two belong to protocol v1. */
const EXPOSED_HEADERS = "Retry-After, PostHog-Request-Id, Date";

/**
 * CORS headers for any answer to `request`, errors included: without them a browser hides even the status. The origin is
 * mirrored (`null` of sandboxed frames too) since `*` fails when a page sends credentials. Empty without an `Origin`.
 */
export function corsHeaders(request: Request): Record<string, string> {
  const origin = request.headers.get("origin");
  if (origin === null) return {};
  return {
    "access-control-allow-origin": origin,
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": EXPOSED_HEADERS,
    vary: "Origin",
  };
}

const PREFLIGHT_MAX_AGE_SECONDS = 86_400;

/**
 * Headers that answer a preflight. The requested headers are mirrored, never listed: SDKs let their users add any
 * (`request_headers`, tracing headers).
 * @param methods comma separated, as the routes behind the path understand them
 */
export function preflightHeaders(request: Request, methods: string): Record<string, string> {
  const headers = corsHeaders(request);
  headers["access-control-allow-methods"] = methods;
  headers["access-control-max-age"] = String(PREFLIGHT_MAX_AGE_SECONDS);
  const requested = request.headers.get("access-control-request-headers");
  if (requested !== null) headers["access-control-allow-headers"] = requested;
  headers["vary"] = "Origin, Access-Control-Request-Headers";
  return headers;
}
