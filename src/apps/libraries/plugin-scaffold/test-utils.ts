import type { PluginEvent } from "../../../event.ts";

/** An event as apps' tests make it: without a uuid, and with whatever they change or add. */
type TestEvent = Omit<PluginEvent, "uuid"> & Record<string, unknown>;

/** What `getMeta` knows: keeping values, and nothing that reaches outside. */
export interface TestMeta {
  config: Record<string, unknown>;
  cache: TestCache;
  storage: TestCache;
  global: Record<string, unknown>;
  attachments: Record<string, unknown>;
  [other: string]: unknown;
}

export interface TestCache {
  set(key: string, value: unknown): void;
  get(key: string, defaultValue?: unknown): Promise<unknown>;
}

/**
 * `@posthog/plugin-scaffold/test/utils`: made-up events and a `meta` in memory, for apps' own tests (runtime 6.2). The values
 * are those that published tests compare with.
 */
export function createEvent(changes: Partial<TestEvent> = {}): TestEvent {
  return {
    distinct_id: "007",
    ip: "127.128.129.130",
    site_url: "http://localhost:8000/",
    team_id: 13,
    now: "2020-11-26T12:58:57.367Z",
    event: "EVENT_TYPE",
    sent_at: "2020-11-26T12:58:58.453Z",
    timestamp: "2020-11-26T12:58:58.453Z",
    ...changes,
  };
}

/** What posthog-js said of its browser at the time. */
const browser = {
  $os: "Mac OS X",
  $browser: "Chrome",
  $browser_version: 86,
  $initial_referrer: "$direct",
  $initial_referring_domain: "$direct",
};

export function createPageview(): TestEvent {
  return createEvent({
    event: "$pageview",
    properties: {
      ...browser,
      $lib: "web",
      $host: "localhost:8000",
      $time: 1606383312.494,
      token: "mre13a_SMBv9EwHAtdtTyutyy6AfO00OTPwaalaHPGgKLS",
      $user_id: "3erf45reXthrGser675waeHFAsbv4AsadfR",
      $pathname: "/instance/status",
      $device_id: "17554768afe5cb-0fc915d2a583cf-166f6152-1ea000-175543686ffdc5",
      $insert_id: "hgu2p36uvlc1b9dg",
      distinct_id: "scbbAqF7uyrMmamV4QBzcA1rrm9wHNISdFweZz-mQ0",
      $current_url: "http://localhost:8000/instance/status",
      $lib_version: "1.7.0-beta.1",
      $screen_width: 1790,
      $screen_height: 1120,
      posthog_version: "1.17.0",
      has_slack_webhook: false,
      $active_feature_flags: ["navigation-1775", "session-recording-player"],
    },
  });
}

/** It has no properties: what is known of the person stands beside them. */
export function createIdentify(): TestEvent {
  return createEvent({ event: "$identify", $set: { ...browser, email: "test@posthog.com" } });
}

/** A deep copy of JSON. */
export function clone<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}

/** Keeps values in memory: `set` and `get`, as the original had it, and no other command. */
export function createCache(): TestCache {
  const values = new Map<string, unknown>();
  return {
    set: (key, value) => void values.set(key, value),
    get: async (key, defaultValue) => (values.has(key) ? values.get(key) : defaultValue),
  };
}

let meta: TestMeta | undefined;

/** The `meta` of the test under way. */
export function getMeta(): TestMeta {
  return meta ?? resetMeta();
}

/** Starts over with an empty `meta`, and with what is given for it. */
export function resetMeta(overrides: Partial<TestMeta> = {}): TestMeta {
  meta = {
    config: {},
    cache: createCache(),
    storage: createCache(),
    global: {},
    attachments: {},
    ...overrides,
  };
  return meta;
}
