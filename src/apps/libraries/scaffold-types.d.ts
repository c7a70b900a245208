/**
 * The types of `@posthog/plugin-scaffold`, so that apps are checked without installing it; its values are in
 * `plugin-scaffold.ts`. Follows PostHog's apps developer reference, and runtime 6.1 for the names. No top-level import:
 * one would turn these declarations into an augmentation of a module that does not exist.
 */
declare module "@posthog/plugin-scaffold" {
  export type Properties = Record<string, unknown>;

  /** What `processEvent` gets: the event as the client sent it. */
  export interface PluginEvent {
    uuid: string;
    event: string;
    distinct_id: string;
    team_id: number;
    /** The client's address. An app removes it by null or deletion. */
    ip?: string | null;
    site_url: string;
    /** ISO time of arrival. */
    now: string;
    sent_at?: string;
    /** Any date text; absent when the client sent none. */
    timestamp?: string;
    /** Milliseconds between the event and its dispatch. */
    offset?: number;
    properties?: Properties;
    $set?: Properties;
    $set_once?: Properties;
  }

  /** What `onEvent`, `onSnapshot` and `exportEvents` get: the event after the last `processEvent`. */
  export interface ProcessedPluginEvent {
    uuid: string;
    event: string;
    distinct_id: string;
    team_id: number;
    ip: string | null;
    properties: Properties;
    /** ISO. */
    timestamp: string;
    $set?: Properties;
    $set_once?: Properties;
    /** Path of an autocaptured element, innermost first. */
    elements?: Element[];
  }

  export interface Element {
    text?: string;
    tag_name?: string;
    href?: string;
    attr_id?: string;
    attr_class?: string[];
    nth_child?: number;
    nth_of_type?: number;
    attributes?: Properties;
    order?: number;
  }

  /** What an app adds to its `meta`: `Plugin<{ config: { url: string }; global: { sent: number } }>`. */
  export interface PluginInput {
    config?: Properties;
    global?: Properties;
    attachments?: Record<string, PluginAttachment | undefined>;
    jobs?: Properties;
  }

  export interface PluginAttachment {
    content_type: string;
    file_name: string;
    /** A Buffer. */
    contents: unknown;
  }

  /** The last argument of every hook. */
  export interface Meta<Input extends PluginInput = PluginInput> {
    config: NonNullable<Input["config"]>;
    global: NonNullable<Input["global"]>;
    attachments: NonNullable<Input["attachments"]>;
    jobs: { [Job in keyof NonNullable<Input["jobs"]>]: (payload?: unknown) => JobControls };
    cache: CacheExtension;
    storage: StorageExtension;
    geoip: GeoIPExtension;
    utils: UtilsExtension;
  }

  /** The `meta` that belongs to a `Plugin<…>`. */
  export type PluginMeta<App> = App extends Plugin<infer Input> ? Meta<Input> : never;

  /** An app: each hook is optional. */
  export interface Plugin<Input extends PluginInput = PluginInput> {
    setupPlugin?: (meta: Meta<Input>) => void | Promise<void>;
    teardownPlugin?: (meta: Meta<Input>) => void | Promise<void>;
    processEvent?: (event: PluginEvent, meta: Meta<Input>) => ProcessResult | Promise<ProcessResult>;
    processEventBatch?: (
      events: PluginEvent[],
      meta: Meta<Input>,
    ) => PluginEvent[] | null | Promise<PluginEvent[] | null>;
    onEvent?: (event: ProcessedPluginEvent, meta: Meta<Input>) => void | Promise<void>;
    onSnapshot?: (event: ProcessedPluginEvent, meta: Meta<Input>) => void | Promise<void>;
    exportEvents?: (events: ProcessedPluginEvent[], meta: Meta<Input>) => void | Promise<void>;
    runEveryMinute?: (meta: Meta<Input>) => void | Promise<void>;
    runEveryHour?: (meta: Meta<Input>) => void | Promise<void>;
    runEveryDay?: (meta: Meta<Input>) => void | Promise<void>;
    jobs?: Record<string, (payload: never, meta: Meta<Input>) => unknown>;
  }

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
    locate(ip: string): Promise<Properties | null>;
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
    capture(event: string, properties?: Properties): void;
    api: ApiExtension;
  }

  export interface ApiExtension {
    get(path: string, options?: ApiMethodOptions): Promise<Response>;
    post(path: string, options?: ApiMethodOptions): Promise<Response>;
    put(path: string, options?: ApiMethodOptions): Promise<Response>;
    delete(path: string, options?: ApiMethodOptions): Promise<Response>;
  }

  export interface ApiMethodOptions {
    /** The body; for get and delete the parameters of the address. */
    data?: Properties;
    host?: string;
    projectApiKey?: string;
    personalApiKey?: string;
  }

  /** Thrown by a hook that is to be run again later. */
  export class RetryError extends Error {
    constructor(message?: string);
  }
}
