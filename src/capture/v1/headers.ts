import type { Coding } from "../decompress.ts";
import { CaptureError } from "../errors.ts";
import { checkToken } from "../token.ts";
import { normaliseUuid } from "../uuid.ts";
import { isRfc3339 } from "./rfc3339.ts";

/** What the headers of a v1 request say. */
export interface V1Headers {
  /** Name and version of the SDK, for `$lib` and `$lib_version`. */
  lib: string;
  libVersion: string;
  /** RFC 3339, the client's clock at this attempt. */
  sentAt: string;
  /** How the body is compressed; null = not at all. */
  coding: Coding | null;
}

const REQUIRED = [
  "PostHog-Sdk-Info",
  "PostHog-Attempt",
  "PostHog-Request-Id",
  "PostHog-Request-Timestamp",
  "User-Agent",
] as const;
const MAX_SDK_INFO_LENGTH = 200;
/** Attempts have few digits; more are no number of attempts. */
const ATTEMPT = /^(?=.*[1-9])\d{1,9}$/;

/**
 * Reads the headers that PostHog's v1 requires of every request.
 * @throws CaptureError 400 `missing_required_headers` with all that are missing, 400 `invalid_header_value`, 415
 */
export function readHeaders(headers: Headers): V1Headers {
  const missing = REQUIRED.filter((name) => valueOf(headers, name) === "");
  if (missing.length > 0) {
    throw new CaptureError(
      400,
      "missing_required_headers",
      `missing required headers: ${missing.join(", ")}`,
    );
  }
  if (!ATTEMPT.test(valueOf(headers, "PostHog-Attempt"))) {
    throw invalidHeader("PostHog-Attempt", "a number from 1 on");
  }
  if (normaliseUuid(valueOf(headers, "PostHog-Request-Id")) === null) {
    throw invalidHeader("PostHog-Request-Id", "a UUID");
  }
  const sentAt = valueOf(headers, "PostHog-Request-Timestamp");
  if (!isRfc3339(sentAt)) throw invalidHeader("PostHog-Request-Timestamp", "a time as of RFC 3339");
  requireJson(headers);
  return { ...readSdkInfo(valueOf(headers, "PostHog-Sdk-Info")), sentAt, coding: readCoding(headers) };
}

/**
 * The project's token from `Authorization: Bearer …`.
 * @throws CaptureError 401 without the header or for a malformed token, 400 for another scheme
 */
export function readBearer(headers: Headers): string {
  const authorization = valueOf(headers, "Authorization");
  if (authorization === "") {
    throw new CaptureError(
      401,
      "missing_authorization",
      "missing Authorization: send Bearer and the project's API token (phc_…)",
    );
  }
  const [scheme, ...token] = authorization.split(/\s+/);
  if (scheme?.toLowerCase() !== "bearer") throw invalidHeader("Authorization", "Bearer and a token");
  return checkToken(token.join(" "));
}

function valueOf(headers: Headers, name: string): string {
  return headers.get(name)?.trim() ?? "";
}

function readSdkInfo(info: string): Pick<V1Headers, "lib" | "libVersion"> {
  const slash = info.lastIndexOf("/");
  const lib = info.slice(0, slash).trim();
  const libVersion = info.slice(slash + 1).trim();
  if (slash === -1 || lib === "" || libVersion === "" || info.length > MAX_SDK_INFO_LENGTH) {
    throw invalidHeader("PostHog-Sdk-Info", `name/version, ${MAX_SDK_INFO_LENGTH} characters at most`);
  }
  return { lib, libVersion };
}

function requireJson(headers: Headers): void {
  const [type = ""] = valueOf(headers, "Content-Type").split(";", 1);
  if (type.trim().toLowerCase() === "application/json") return;
  throw new CaptureError(
    415,
    "unsupported_content_type",
    `the content type ${JSON.stringify(type)} is not supported: send application/json`,
  );
}

function readCoding(headers: Headers): Coding | null {
  const coding = valueOf(headers, "Content-Encoding").toLowerCase();
  switch (coding) {
    case "":
    case "identity":
      return null;
    case "gzip":
    case "deflate":
    case "br":
    case "zstd":
      return coding;
    default:
      throw new CaptureError(
        415,
        "unsupported_content_encoding",
        `the content encoding ${JSON.stringify(coding)} is not supported: send gzip, deflate, br or zstd`,
      );
  }
}

function invalidHeader(name: string, expected: string): CaptureError {
  return new CaptureError(400, "invalid_header_value", `the header ${name} must be ${expected}`);
}
