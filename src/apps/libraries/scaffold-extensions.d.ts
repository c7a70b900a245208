/**
 * What `meta` and the globals of an app hold, as types of `@posthog/plugin-scaffold`; the rest of them is in
 * `scaffold-types.d.ts`.
 */
declare module "@posthog/plugin-scaffold" {
  export type ConsoleExtension = Record<
    "log" | "error" | "debug" | "info" | "warn",
    (...values: unknown[]) => void
  >;

  /** Nothing drops the event. */
  type ProcessResult = PluginEvent | null | undefined | void;

  /** Keeps values in Redis, for this app and project; they may be evicted. Each call is one Redis command. */
  export interface CacheExtension {
    set(key: string, value: unknown, ttlSeconds?: number, options?: CacheOptions): Promise<void>;
    get(key: string, defaultValue?: unknown, options?: CacheOptions): Promise<unknown>;
    incr(key: string): Promise<number>;
    /** Resolves to whether the key exists. */
    expire(key: string, ttlSeconds: number): Promise<boolean>;
    /** Resolves to the list's new length. */
    lpush(key: string, elementOrArray: string | unknown[]): Promise<number>;
    lrange(key: string, startIndex: number, endIndex: number): Promise<string[]>;
    llen(key: string): Promise<number>;
    /** Takes up to `count` elements off the head. */
    lpop(key: string, count: number): Promise<string[]>;
    lrem(key: string, count: number, element: string): Promise<number>;
  }

  export interface CacheOptions {
    /** false keeps plain text instead of JSON. */
    jsonSerialize?: boolean;
  }

  /** Keeps values durably. */
  export interface StorageExtension {
    get(key: string, defaultValue?: unknown): Promise<unknown>;
    set(key: string, value: unknown): Promise<void>;
    del(key: string): Promise<void>;
  }

  export interface GeoIPExtension {
    /** A MaxMind City object; null when the address is unknown. */
    locate(ip: string): Promise<import("../../geoip/city.ts").City | null>;
  }

  export interface UtilsExtension {
    cursor: CursorUtils;
  }

  export interface CursorUtils {
    init(key: string, initialValue?: number): Promise<void>;
    increment(key: string, incrementBy?: number): Promise<number>;
  }

  export interface JobControls {
    runNow(): Promise<void>;
    runIn(duration: number, unit: string): Promise<void>;
    runAt(date: Date): Promise<void>;
  }

  /** The global `posthog`. */
  export interface PostHogExtension {
    capture(event: string, properties?: Properties): Promise<void>;
    api: ApiExtension;
  }

  export interface ApiExtension {
    get(path: string, options?: ApiMethodOptions): Promise<Response>;
    post(path: string, options?: ApiMethodOptions): Promise<Response>;
    put(path: string, options?: ApiMethodOptions): Promise<Response>;
    patch(path: string, options?: ApiMethodOptions): Promise<Response>;
    delete(path: string, options?: ApiMethodOptions): Promise<Response>;
  }

  export interface ApiMethodOptions {
    /** The body; for get and delete the parameters of the address. */
    data?: Properties;
    headers?: Record<string, string>;
    host?: string;
    projectApiKey?: string;
    personalApiKey?: string;
  }

  /** Thrown by a hook that is to be run again later. */
  export class RetryError extends Error {
    /** Set by the gateway before it logs. */
    _attempt?: number;
    _maxAttempts?: number;
    /** `RetryError (attempt 2/6)` once the attempts are known. */
    readonly nameWithAttempts: string;
    constructor(message?: string);
  }
}
