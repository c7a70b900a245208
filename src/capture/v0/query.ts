import { readCompressionHint, type CompressionHint } from "../compression.ts";
import { unparsable } from "../errors.ts";
import { sentAtOfMs } from "./sent-at.ts";

/** What the query of a v0 request says; all other parameters (`ip`, `ver`, `retry_count` …) mean nothing to capture. */
export interface CaptureQuery {
  /** The payload of a pixel; goes before the body. */
  data: string | null;
  compression: CompressionHint;
  /** The client asks for 204. */
  beacon: boolean;
  /** ISO time of dispatch from `sent_at`, else `_`. */
  sentAt: string | undefined;
}

const EMPTY_QUERY: Readonly<CaptureQuery> = {
  data: null,
  compression: null,
  beacon: false,
  sentAt: undefined,
};

/**
 * Reads the query of `url`.
 * @throws CaptureError 400 where PostHog's typed query fails: `_=abc`, `beacon=true`
 */
export function readQuery(url: string): Readonly<CaptureQuery> {
  const start = url.indexOf("?");
  if (start === -1) return EMPTY_QUERY;
  const end = url.indexOf("#", start);
  const query = new URLSearchParams(url.slice(start + 1, end === -1 ? undefined : end));
  return {
    data: query.get("data") || null,
    compression: readCompressionHint(query.get("compression")),
    beacon: readBeacon(query.get("beacon")),
    sentAt: readTime("sent_at", query) ?? readTime("_", query),
  };
}

function readBeacon(value: string | null): boolean {
  if (value === null || value === "" || value === "0") return false;
  if (value === "1") return true;
  throw unparsable("the query parameter beacon must be 0 or 1");
}

function readTime(name: string, query: URLSearchParams): string | undefined {
  const value = query.get(name);
  if (value === null || value === "") return undefined;
  if (!/^[+-]?\d+$/.test(value)) throw unparsable(`the query parameter ${name} must be a unix time in ms`);
  return sentAtOfMs(Number(value));
}
