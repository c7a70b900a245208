import { createHookCounts } from "../accounts/hook-counts.ts";
import { createSecrets } from "../logs/secrets.ts";
import type { AppDefinition } from "./definition.ts";
import { createInstance, type Instance, type InstanceServices } from "./instance.ts";
import type { LogEntry } from "./log.ts";
import type { AppEvent } from "./leftovers.ts";
import type { Scope } from "./scope.ts";

/** For tests: an app made of functions instead of a folder. */
export function defineApp(
  plugin: string,
  exports: Record<string, unknown>,
  more: Partial<AppDefinition> = {},
): AppDefinition {
  return {
    plugin,
    id: 1,
    name: plugin,
    version: "v1",
    enabled: true,
    manifest: { config: [], publicJobs: {}, stateless: false } as unknown as AppDefinition["manifest"],
    config: {},
    attachments: {},
    sequential: false,
    whilePending: "skip",
    createApp: () => ({ exports, defaultExport: undefined, moduleExports: {}, topLevel: {} }),
    ...more,
  };
}

/** For tests: what instances need, with a log to look into. */
export function recordingServices(): InstanceServices & { entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  let made = 0;
  return {
    entries,
    environment: {},
    posthog: { host: null, personalApiKey: null },
    locate: () => null,
    secrets: createSecrets({}),
    loops: { limit: 1_000_000, timeoutMs: 30_000 },
    log: (entry) => entries.push(entry),
    now: () => new Date("2026-01-01T00:00:00Z"),
    uuid: () => `00000000-0000-7000-8000-${String((made += 1)).padStart(12, "0")}`,
    fetch: () => Promise.reject(new Error("this test reaches nothing")),
    flushBuffer: () => Promise.reject(new Error("this test has no buffers")),
  };
}

/** For tests: instances of apps in chain order, set up already. */
export function instancesOf(apps: readonly AppDefinition[], services = recordingServices()): Instance[] {
  return apps.map((app, index) => createInstance({ ...app, id: index + 1 }, "phc_test", services));
}

/** For tests: a piece of work without Redis or a queue; what apps capture is kept. */
export function bareScope(): Scope & { captured: AppEvent[] } {
  const captured: AppEvent[] = [];
  return {
    captured,
    id: "work",
    generation: 0,
    raiseGeneration: () => {},
    ownHeader: () => null,
    locations: new Map(),
    hookCounts: createHookCounts(() => 0),
    logs: { logged() {}, end() {} },
    subrequests: 0,
    thenables: 0,
    refuseWhen: () => {},
    refusal: () => null,
    commands: { run: () => Promise.reject(new Error("this test has no Redis")) },
    capture: async (_project, _plugin, event) => void captured.push({ uuid: "", ...event }),
    schedule: () => Promise.resolve(),
    buffer: () => Promise.resolve(),
    buffered: () => [],
    isAuthor: () => false,
    mustFinish: () => {},
    finish: async () => ({ id: "", captured: [], jobs: [], added: [], generation: 0, locations: new Map() }),
    background: (promise) => void promise.catch(() => {}),
    atEnd: () => {},
    close: () => {},
  };
}
