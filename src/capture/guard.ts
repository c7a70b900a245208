import { CaptureError } from "./errors.ts";
import { createOriginCheck } from "./origins.ts";
import { createRateLimiter } from "./rate-limit.ts";

/** What keeps strangers and floods away from capture. */
export interface Guard {
  /**
   * Lets a request in, before its body is read.
   * @throws CaptureError 403 for a page of another origin, 429 for an address that sends too many requests
   */
  admit(request: Request, ip: string | null): void;
  /**
   * Accounts for a project's events, before any of them is recorded.
   * @throws CaptureError 429 when the project sent too many
   */
  account(project: string, events: number): void;
}

export interface GuardOptions {
  /** Origins whose pages may send events, as {@link createOriginCheck} reads them; absent or empty = all. */
  allowedOrigins?: readonly string[] | undefined;
  /**
   * Events per minute that a project may send, and requests per minute that an address may; absent or null = no bound. One
   * number serves both: a client of one project meets the project's bound first, so that the address's bound is only met by
   * requests that hold nothing usable, or that try many tokens.
   */
  rateLimitPerMinute?: number | null | undefined;
}

/** Origin check and rate limits, as far as they are configured. Costs no request (see {@link createRateLimiter}). */
export function createGuard(options: GuardOptions, now: () => number): Guard {
  const allows = createOriginCheck(options.allowedOrigins ?? []);
  const perMinute = options.rateLimitPerMinute ?? null;
  // Two, so that a flood of addresses cannot make the limiter forget a project.
  const requests = perMinute === null ? null : createRateLimiter({ perMinute, now });
  const events = perMinute === null ? null : createRateLimiter({ perMinute, now });

  return {
    admit(request, ip) {
      const origin = request.headers.get("origin");
      if (origin !== null && !allows(origin)) throw foreignOrigin(origin);
      const waitSeconds = ip === null ? 0 : (requests?.take(ip, 1) ?? 0);
      if (waitSeconds > 0) throw rateLimited("requests per minute from this address", waitSeconds);
    },
    account(project, count) {
      const waitSeconds = events?.take(project, count) ?? 0;
      if (waitSeconds > 0) throw rateLimited("events per minute", waitSeconds);
    },
  };
}

/** Programs send no `Origin`, or any they like: this keeps other sites' pages away, nobody else. */
function foreignOrigin(origin: string): CaptureError {
  return new CaptureError(
    403,
    "origin_not_allowed",
    `the origin ${origin} may not send events here: add it to ALLOWED_ORIGINS if it should`,
  );
}

function rateLimited(what: string, retryAfterSeconds: number): CaptureError {
  return new CaptureError(429, "rate_limited", `rate limit exceeded: ${what}`, { retryAfterSeconds });
}
