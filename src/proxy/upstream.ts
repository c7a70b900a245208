import { cleanAnswerHeaders } from "./answer-headers.ts";
import { type BodyFailure, countBody } from "./count-body.ts";
import { passedHeaders } from "./request-headers.ts";

/** Sizes and times to which passed-through requests are held. */
export interface UpstreamLimits {
  /** Bytes of a request's body; PostHog asks proxies for 64 MB. */
  maxBodyBytes: number;
  /** How long PostHog may take until its answer begins, beyond the time that the upload deserves. */
  answerTimeoutMs: number;
  /** How long the answer may take from there to its end. */
  transferTimeoutMs: number;
  /** The slowest upload worth waiting for. */
  minBodyBytesPerSecond: number;
}

export const DEFAULT_UPSTREAM_LIMITS: Readonly<UpstreamLimits> = {
  maxBodyBytes: 64 * 1024 * 1024,
  answerTimeoutMs: 30_000,
  transferTimeoutMs: 120_000,
  minBodyBytesPerSecond: 128 * 1024,
};

/** Statuses with which the gateway answers in PostHog's stead. */
export type FaultStatus = 408 | 413 | 502 | 504;

/** PostHog did not answer, or the request cannot be passed on as a whole. `message` is for the client and the log. */
export class UpstreamFault extends Error {
  override readonly name = "UpstreamFault";
  readonly status: FaultStatus;
  readonly code: string;

  constructor(status: FaultStatus, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
  }
}

/** Where a request goes. */
export interface Target {
  /** Origin, perhaps with a path; no trailing slash. */
  host: string;
  path: string;
  /** With its question mark; "" for none. */
  query: string;
  clientIp: string | null;
}

/**
 * Passes a request on and resolves to PostHog's answer, whatever its status, with its headers cleaned and without CORS.
 * The body streams through unread, unless `body` is given instead. Redirects are answers, never followed. One subrequest.
 * Rejects with {@link UpstreamFault} only.
 */
export type Upstream = (request: Request, target: Target, body?: Uint8Array) => Promise<Response>;

export function createUpstream(options: { fetch: typeof fetch; limits?: Partial<UpstreamLimits> }): Upstream {
  const limits = { ...DEFAULT_UPSTREAM_LIMITS, ...options.limits };

  return async (request, target, body) => {
    const length = body?.byteLength ?? Number(request.headers.get("content-length") ?? Number.NaN);
    if (length > limits.maxBodyBytes) throw tooLarge(limits.maxBodyBytes);
    const uploadMs = ((length || 0) / limits.minBodyBytesPerSecond) * 1000;
    const patienceMs = limits.answerTimeoutMs + uploadMs;
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), patienceMs);
    let failed: BodyFailure | null = null;
    const fail = (failure: BodyFailure) => {
      failed = failure;
      giveUp.abort();
    };
    const counted = Number.isNaN(length) ? limits.maxBodyBytes : null;
    const init: RequestInit & { duplex: "half" } = {
      method: request.method,
      headers: passedHeaders(request.headers, target.clientIp),
      body: (body as BodyInit | undefined) ?? bodyOf(request, counted, fail),
      duplex: "half",
      redirect: "manual",
      signal: AbortSignal.any([
        giveUp.signal,
        AbortSignal.timeout(Math.ceil(patienceMs + limits.transferTimeoutMs)),
      ]),
    };
    try {
      const response = await options.fetch(target.host + target.path + target.query, init);
      return passedAnswer(response, new URL(target.host).origin);
    } catch (error) {
      if (failed === "exceeded") throw tooLarge(limits.maxBodyBytes);
      if (failed === "broken") throw brokenOff(error);
      if (giveUp.signal.aborted) throw timedOut(patienceMs, error);
      throw unreachable(error);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** A body that states its length is taken at its word, as the platform does; one that does not is counted. */
function bodyOf(request: Request, maxBytes: number | null, fail: (failure: BodyFailure) => void) {
  if (request.body === null || request.method === "GET" || request.method === "HEAD") return null;
  return maxBytes === null ? request.body : countBody(request.body, maxBytes, fail);
}

const NULL_BODY_STATUSES = new Set([101, 204, 205, 304]);

function passedAnswer(response: Response, origin: string): Response {
  const { status, statusText } = response;
  const headers = cleanAnswerHeaders(response.headers, origin);
  const body = NULL_BODY_STATUSES.has(status) ? null : response.body;
  return new Response(body, { status, statusText, headers });
}

function tooLarge(maxBytes: number): UpstreamFault {
  return new UpstreamFault(
    413,
    "request_too_large",
    `the body is above ${maxBytes} bytes, send less at once`,
  );
}

function brokenOff(cause: unknown): UpstreamFault {
  return new UpstreamFault(408, "request_timeout", "client stopped sending data", { cause });
}

function timedOut(patienceMs: number, cause: unknown): UpstreamFault {
  const message = `PostHog did not answer within ${Math.ceil(patienceMs / 1000)} s, try again later`;
  return new UpstreamFault(504, "upstream_timeout", message, { cause });
}

/** A fault with what the platform's fetch said of it, for the log; the client is not told. */
export function describeFault({ message, cause }: UpstreamFault): string {
  if (!(cause instanceof Error)) return message;
  const deeper = cause.cause instanceof Error ? ` (${cause.cause.message})` : "";
  return `${message}: ${cause.message}${deeper}`;
}

/** Refused, broken off or garbled. */
export function unreachable(cause: unknown): UpstreamFault {
  const message = "PostHog could not be reached, or broke off: try again later";
  return new UpstreamFault(502, "upstream_unreachable", message, { cause });
}
