import type { Context } from "hono";
import type { CapturedBatch, Client } from "../event.ts";
import { CaptureError } from "./errors.ts";
import { createGuard, type Guard, type GuardOptions } from "./guard.ts";
import { DEFAULT_LIMITS, type CaptureLimits } from "./limits.ts";
import { createUuidV7 } from "./uuid.ts";
import type { Rejection } from "./v0/rejection.ts";
import type { DropReason } from "./v1/event.ts";

/** What capture is given; it knows neither apps nor a queue. */
export interface CaptureOptions extends GuardOptions {
  /** Whether the project with this API token is served. */
  authorise(token: string): boolean;
  /** Whether the project's events are taken and thrown away, in a way that makes SDKs fall silent. */
  isPaused?(project: string): boolean;
  /**
   * Takes the usable events of one request, at least one. Once it resolves they are durable and the client gets 200. It
   * throws `Unavailable` (503, the client sends again) or `CaptureError` (its own status); anything else is a
   * fault of the gateway and reaches Hono's `onError`.
   */
  ingest(batch: CapturedBatch, client: Client, context: Context): Promise<void>;
  /** Hears of events that were not accepted, per project and reason, also when none of the request was. */
  onRejected?(
    project: string,
    reason: Rejection | DropReason | "paused",
    count: number,
    context: Context,
  ): void;
  clientOf(context: Context): Client;
  /** The gateway's origin as the client addressed it. */
  siteUrl(request: Request): string;
  /** The number by which apps know the project. */
  teamIdOf(project: string): number;
  /** ms since 1970. */
  now(): number;
  /** Cryptographically random bytes; drawn for 64 events at a time. */
  randomBytes(count: number): Uint8Array;
  limits?: Partial<CaptureLimits>;
}

/** What both protocols receive requests with. */
export interface Reception extends Omit<CaptureOptions, "limits"> {
  limits: Readonly<CaptureLimits>;
  guard: Guard;
  uuidV7(timeMs: number): string;
}

export function openReception(options: CaptureOptions): Reception {
  return {
    ...options,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    guard: createGuard(options, options.now),
    uuidV7: createUuidV7(options.randomBytes),
  };
}

/** @throws CaptureError 401 when the project is not served here */
export function requireProject(project: string, { authorise }: Pick<Reception, "authorise">): void {
  if (authorise(project)) return;
  throw new CaptureError(
    401,
    "unknown_api_key",
    "The provided API key is invalid or has expired. Use the API token (phc_…) of a project that this gateway serves.",
  );
}
