/**
 * The types of `@posthog/plugin-scaffold`, so that apps are checked without installing it; its values are in
 * `plugin-scaffold.ts`. Follows PostHog's apps developer reference, and runtime 6.1 for the names. No top-level import:
 * one would turn these declarations into an augmentation of a module that does not exist.
 *
 * What PostHog's types leave open is open here too, or published apps would not pass the check.
 */
// oxlint-disable typescript/no-explicit-any -- the published types say so
declare module "@posthog/plugin-scaffold" {
  export type Properties = Record<string, any>;

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
    person?: PluginPerson;
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
    person?: PluginPerson;
  }

  /** What `composeWebhook` gets. */
  export interface PostHogEvent {
    uuid: string;
    event: string;
    distinct_id: string;
    team_id: number;
    timestamp: Date;
    properties: Properties;
    person?: PostHogPerson;
    groups?: Record<string, PostHogGroup>;
  }

  /** What `composeWebhook` returns. */
  export interface Webhook {
    url: string;
    body: string;
    headers?: Record<string, string>;
    method?: "POST" | "GET" | "PUT" | "DELETE" | "PATCH";
  }

  /** Persons and groups are PostHog's to know; the gateway fills none of these in. */
  export interface PluginPerson {
    uuid: string;
    team_id: number;
    properties: Properties;
    created_at: string;
  }

  export interface PostHogPerson {
    id: string;
    properties: Properties;
    url: string;
  }

  export interface PostHogGroup {
    id: string;
    type: string;
    index: number;
    url: string;
    properties: Properties;
  }

  export interface Element {
    text?: string;
    $el_text?: string;
    tag_name?: string;
    href?: string;
    attr_id?: string;
    attr_class?: string[] | string;
    nth_child?: number;
    nth_of_type?: number;
    attributes?: Properties;
    event_id?: number;
    order?: number;
    group_id?: number;
  }

  /** What an app adds to its `meta`: `Plugin<{ config: { url: string }; global: { sent: number } }>`. */
  export interface PluginInput {
    config?: Record<string, any>;
    attachments?: Record<string, PluginAttachment | undefined>;
    global?: Record<string, any>;
    jobs?: Record<string, JobPayload>;
    metrics?: Record<string, AllowedMetricsOperations>;
  }

  type JobPayload = Record<string, any> | undefined;

  export interface PluginAttachment {
    content_type: string;
    file_name: string;
    /** A Buffer. */
    contents: any;
  }

  /** `Given`, if the app says anything about it. */
  type Or<Given, Otherwise> = Given extends object ? Given : Otherwise;

  /** The last argument of every hook. */
  export interface Meta<Input extends PluginInput = {}> {
    config: Or<Input["config"], Record<string, any>>;
    global: Or<Input["global"], Record<string, any>>;
    attachments: Or<Input["attachments"], Record<string, PluginAttachment | undefined>>;
    jobs: Input["jobs"] extends Record<string, JobPayload>
      ? { [Job in keyof Input["jobs"]]: (payload: Input["jobs"][Job]) => JobControls }
      : Record<string, (payload?: any) => JobControls>;
    metrics: Input["metrics"] extends Record<string, AllowedMetricsOperations>
      ? { [Name in keyof Input["metrics"]]: MetricControls[Input["metrics"][Name]] }
      : Record<string, MetricControls["sum"] & MetricControls["max"] & MetricControls["min"]>;
    cache: CacheExtension;
    storage: StorageExtension;
    geoip: GeoIPExtension;
    utils: UtilsExtension;
  }

  /** The `meta` that belongs to a `Plugin<…>`. */
  export type PluginMeta<App> = App extends { __internalMeta?: infer Its } ? Its : never;

  type Done = void | Promise<void>;

  /** An app: each hook is optional. */
  export interface Plugin<Input extends PluginInput = {}> {
    setupPlugin?: (meta: Meta<Input>) => Done;
    teardownPlugin?: (meta: Meta<Input>) => Done;
    getSettings?: (meta: Meta<Input>) => PluginSettings;
    processEvent?: (event: PluginEvent, meta: Meta<Input>) => ProcessResult | Promise<ProcessResult>;
    processEventBatch?: (
      events: PluginEvent[],
      meta: Meta<Input>,
    ) => PluginEvent[] | null | Promise<PluginEvent[] | null>;
    onEvent?: (event: ProcessedPluginEvent, meta: Meta<Input>) => Done;
    onSnapshot?: (event: ProcessedPluginEvent, meta: Meta<Input>) => Done;
    composeWebhook?: (event: PostHogEvent, meta: Meta<Input>) => Webhook | null;
    exportEvents?: (events: ProcessedPluginEvent[], meta: Meta<Input>) => Done;
    runEveryMinute?: (meta: Meta<Input>) => Done;
    runEveryHour?: (meta: Meta<Input>) => Done;
    runEveryDay?: (meta: Meta<Input>) => Done;
    jobs?: {
      [Job in keyof Meta<Input>["jobs"]]: (
        payload: Parameters<Meta<Input>["jobs"][Job]>[0],
        meta: Meta<Input>,
      ) => Done;
    };
    metrics?: { [Name in keyof Meta<Input>["metrics"]]: AllowedMetricsOperations };
    /** Declared by PostHog and never called. */
    filterEvent?: (event: PostHogEvent, meta: Meta<Input>) => boolean;
    modifyEvent?: (event: PostHogEvent, meta: Meta<Input>) => PostHogEvent;
    /** Carries the app's `meta` for `PluginMeta`; never set. */
    __internalMeta?: Meta<Input>;
  }

  export interface PluginSettings {
    handlesLargeBatches?: boolean;
  }

  export const MetricsOperation: { readonly Sum: "sum"; readonly Min: "min"; readonly Max: "max" };
  export namespace MetricsOperation {
    type Sum = "sum";
    type Min = "min";
    type Max = "max";
  }
  export type AllowedMetricsOperations = "sum" | "min" | "max";

  interface MetricControls {
    sum: { increment(value: number): Promise<void> };
    max: { max(value: number): Promise<void> };
    min: { min(value: number): Promise<void> };
  }

  type Condition = (string | undefined)[];

  /** A field of the manifest's `config`. */
  export interface PluginConfigStructure {
    key?: string;
    name?: string;
    default?: string;
    hint?: string;
    markdown?: string;
    order?: number;
    required?: boolean;
    secret?: boolean;
    required_if?: Condition[];
    visible_if?: Condition[];
  }

  export interface PluginConfigDefault extends PluginConfigStructure {
    type?: "string" | "json" | "attachment";
  }

  export interface PluginConfigChoice extends PluginConfigStructure {
    type: "choice";
    choices: string[];
  }

  export type PluginConfigSchema = PluginConfigDefault | PluginConfigChoice;
}
