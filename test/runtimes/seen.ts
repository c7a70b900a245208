import type { Recorder } from "../recorder.ts";
import type { RunningGateway } from "./start.ts";

/** The project of these tests. */
export const TOKEN = "phc_runtime";

export interface Delivered {
  event: string;
  distinct_id: string;
  properties: Record<string, unknown>;
}

/** What tests of a runtime see of the gateway, which is started before the first of them. */
export interface Seen {
  edge: () => RunningGateway;
  /** The outside that apps call. */
  hook: () => Recorder;
  send(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  admin(path: string, method?: string, body?: unknown): Promise<Response>;
  /** Starts a scheduled task. */
  run(plugin: string, task: string): Promise<Response>;
  /** What PostHog has received. */
  delivered(): Delivered[];
  /** Waits for a person's first event at PostHog. */
  arrival(distinctId: string): Promise<Delivered>;
}
