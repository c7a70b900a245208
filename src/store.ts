import { Redis } from "@upstash/redis/cloudflare";

/** A command that takes longer than this fails: an app waits for it, and an SDK for the app. */
const STORE_TIMEOUT_MS = 2000;

export type Store = Redis;
export type StorePipeline = ReturnType<Redis["pipeline"]>;

/**
 * The one client of Redis. Values pass through as text: what is JSON is encoded where it is understood. Auto-pipelining
 * is off because it sends reads and writes apart, out of order, and costs CPU: callers build explicit pipelines.
 * Network errors are not retried here, since INCR or RPUSH would then run twice.
 */
export function createStore(options: { url: string; token: string }): Store {
  return new Redis({
    url: options.url,
    token: options.token,
    enableAutoPipelining: false,
    automaticDeserialization: false,
    enableTelemetry: false,
    retry: { retries: 0 },
    signal: () => AbortSignal.timeout(STORE_TIMEOUT_MS),
  });
}

/** A reply of a pipeline run with `keepErrors`. */
export interface StoreReply {
  result?: unknown;
  error?: string;
}

/** What went wrong in Redis, without the command: its text holds what apps and people keep to themselves. */
export function describeStoreError(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/,? command was:.*$/s, "");
}
