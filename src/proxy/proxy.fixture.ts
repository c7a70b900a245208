import { type Recorder, startRecorder } from "../../test/recorder.ts";
import { createProxy, type ProxyBindings, type ProxyOptions } from "./index.ts";

export const ORIGIN = "https://shop.example";
export const CLIENT_IP = "203.0.113.7";

/** A proxy before a PostHog on a real socket. */
export interface ProxyFixture {
  posthog: Recorder;
  /** Lines about requests that PostHog did not answer. */
  faults: string[];
  clock: { nowMs: number };
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Resolves when everything has happened that was left to the background. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** @param options what differs from the usual */
export async function startProxy(options: Partial<ProxyOptions> = {}): Promise<ProxyFixture> {
  const posthog = await startRecorder();
  const faults: string[] = [];
  const clock = { nowMs: Date.parse("2026-03-01T10:00:00Z") };
  const background: Promise<unknown>[] = [];
  const bindings: ProxyBindings = {
    client: { ip: CLIENT_IP },
    waitUntil: (promise) => background.push(promise),
  };
  const app = createProxy({
    posthogHost: posthog.url,
    assetsHost: null,
    fetch,
    cache: null,
    now: () => clock.nowMs,
    uuid: () => "0190a000-0000-7000-8000-000000000000",
    onFault: (message) => faults.push(message),
    ...options,
  });
  return {
    posthog,
    faults,
    clock,
    request: async (path, init) => app.request(path, init, bindings),
    settled: async () => {
      while (background.length > 0) await background.shift();
    },
    stop: posthog.stop,
  };
}
