import { parentPort, workerData } from "node:worker_threads";
import type { AppDefinition } from "../../apps/definition.ts";
import { createInstance } from "../../apps/instance.ts";

/** Runs in a worker thread: evaluates the one app of a compiled registry, and says which hooks it has. */
const { apps } = (await import(workerData as string)) as { apps: readonly AppDefinition[] };
const [app] = apps;
const instance =
  app &&
  createInstance(app, "phc_none", {
    environment: {},
    posthog: { host: null, personalApiKey: null },
    locate: () => null,
    loops: { limit: 10_000_000, timeoutMs: 5000 },
    log: () => {},
    now: () => new Date(),
    uuid: () => crypto.randomUUID(),
    fetch: () => Promise.reject(new Error("nothing is reached while an app is looked at")),
  });
const { jobs = {}, ...hooks } = instance?.hooks ?? {};
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage([...Object.keys(hooks), ...Object.keys(jobs).map((name) => `jobs.${name}`)]);
