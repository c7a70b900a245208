import { type Recorder, startRecorder } from "../../test/recorder.ts";
import type { CapturedBatch } from "../event.ts";
import { createReplay, type ReplayOptions } from "./index.ts";

export const TOKEN = "phc_test";
export const SNAPSHOT = {
  event: "$snapshot",
  properties: {
    $session_id: "0190a000-0000-7000-8000-000000000000",
    $window_id: "w1",
    $snapshot_data: [{ type: 2, data: { node: {} } }],
    $snapshot_bytes: 120,
    distinct_id: "u1",
    token: TOKEN,
  },
};

/** SNAPSHOT with other properties; undefined takes one away. */
export const withProperties = (properties: Record<string, unknown>) => ({
  ...SNAPSHOT,
  properties: { ...SNAPSHOT.properties, ...properties },
});

export interface ReplayFixture {
  posthog: Recorder;
  /** What apps with `onSnapshot` were given. */
  batches: CapturedBatch[];
  faults: string[];
  /** POSTs JSON (or a body as it is) to `/s/`. */
  post(body: unknown, headers?: Record<string, string>, path?: string): Promise<Response>;
  request(path: string, init?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
}

/** Replay before a PostHog on a real socket, for the project TOKEN. */
export async function startReplay(options: Partial<ReplayOptions> = {}): Promise<ReplayFixture> {
  const posthog = await startRecorder();
  const batches: CapturedBatch[] = [];
  const faults: string[] = [];
  const app = createReplay({
    posthogHost: posthog.url,
    fetch,
    authorise: (token) => token === TOKEN,
    wantsSnapshots: () => false,
    ingestSnapshots: async (batch) => void batches.push(batch),
    siteUrl: "https://edge.example",
    teamIdOf: () => 2,
    now: () => Date.parse("2026-03-01T10:00:00Z"),
    randomBytes: (count) => new Uint8Array(count),
    onFault: (message) => faults.push(message),
    ...options,
  });
  const bindings = { client: { ip: "203.0.113.7" } };
  const request = async (path: string, init?: RequestInit) => app.request(path, init, bindings);
  return {
    posthog,
    batches,
    faults,
    request,
    post: (body, headers = {}, path = "/s/") => {
      const raw = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
      return request(path, { method: "POST", body: raw as BodyInit, headers });
    },
    stop: posthog.stop,
  };
}
