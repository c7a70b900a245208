import { hopByHopHeaders } from "./hop-by-hop.ts";

/**
 * What a client must not say to PostHog in our name: who it is (we know, it might lie), its cookies of this host, and what
 * the request to PostHog determines anew.
 */
const OURS = new Set([
  "host",
  "cookie",
  "content-length",
  "expect",
  "accept-encoding",
  "forwarded",
  "true-client-ip",
  "x-real-ip",
  "x-client-ip",
  "cdn-loop",
]);
const OUR_PREFIXES = ["x-forwarded-", "cf-"];

/**
 * The headers of a client's request as PostHog gets them: all but the hop-by-hop ones and {@link OURS}, so that
 * `Authorization`, `PostHog-*`, `traceparent`, `If-None-Match`, `Origin` and whatever SDKs add next arrive unchanged.
 * `X-Forwarded-For` is the client's address alone, since PostHog believes the first entry.
 */
export function passedHeaders(headers: Headers, clientIp: string | null): Headers {
  const passed = new Headers();
  const ending = hopByHopHeaders(headers);
  for (const [name, value] of headers) {
    if (ending.has(name) || OURS.has(name)) continue;
    if (OUR_PREFIXES.some((prefix) => name.startsWith(prefix))) continue;
    passed.append(name, value);
  }
  if (clientIp !== null) passed.set("x-forwarded-for", clientIp);
  // What every runtime's fetch decodes; the client's own wish concerns the answer that we give.
  passed.set("accept-encoding", "gzip");
  return passed;
}
