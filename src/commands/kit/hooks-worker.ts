import { parentPort, workerData } from "node:worker_threads";
import type { AppDefinition } from "../../apps/definition.ts";
import { createInstance } from "../../apps/instance.ts";
import { recordingServices } from "../../apps/testing.ts";

/** Runs in a worker thread: evaluates the one app of a compiled registry, and says which hooks it has. */
const { apps } = (await import(workerData as string)) as { apps: readonly AppDefinition[] };
const [app] = apps;
// Services that reach nothing: an app that is only looked at must not act.
const { jobs = {}, ...hooks } = app ? createInstance(app, "phc_none", recordingServices()).hooks : {};
const functions = Object.entries(hooks).flatMap(([name, hook]) => (typeof hook === "function" ? [name] : []));
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage([...functions, ...Object.keys(jobs).map((name) => `jobs.${name}`)]);
