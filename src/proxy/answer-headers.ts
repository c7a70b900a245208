import { hopByHopHeaders } from "./hop-by-hop.ts";

/** Set by PostHog for its own host; from us they would bind the host that the gateway shares with a customer's site. */
const OF_THEIR_HOST = new Set([
  "set-cookie",
  "alt-svc",
  "clear-site-data",
  "nel",
  "report-to",
  "reporting-endpoints",
  "strict-transport-security",
]);

/**
 * The headers of PostHog's answer as the client gets them, CORS apart: theirs is dropped, ours is added once.
 * `Content-Encoding` goes, with the length that belongs to it, because fetch has decoded the body. A `Location` on PostHog's
 * own host becomes a path, so that clients stay with the gateway.
 * @param origin of the host that answered
 */
export function cleanAnswerHeaders(headers: Headers, origin: string): Headers {
  const cleaned = new Headers();
  const ending = hopByHopHeaders(headers);
  const decoded = headers.has("content-encoding");
  for (const [name, value] of headers) {
    if (ending.has(name) || OF_THEIR_HOST.has(name) || name.startsWith("access-control-")) continue;
    if (decoded && (name === "content-encoding" || name === "content-length")) continue;
    cleaned.append(name, value);
  }
  const location = cleaned.get("location");
  if (location?.startsWith(`${origin}/`)) cleaned.set("location", location.slice(origin.length));
  return cleaned;
}
