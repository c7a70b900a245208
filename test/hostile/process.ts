import type { LogEntry } from "../../src/apps/log.ts";
import { freePort } from "../../src/local/free-port.ts";
import { startStack } from "../../src/local/stack.ts";
import type { DeliveredEvent } from "../gateway.ts";
import { startRecorder } from "../recorder.ts";
import { buildBundle, type RuntimeName, startGateway } from "../runtimes/start.ts";
import { HOSTILE_APPS } from "./apps.ts";
import { HOSTILE_SETTINGS, type Surroundings } from "./suite.ts";

/** The bundle that a deployment would run, as a process beside the embedded stack. */
export async function startProcess(runtime: RuntimeName, hookUrl: string): Promise<Surroundings> {
  const token = "phc_hostile";
  const stack = await startStack();
  const posthog = await startRecorder();
  const { bundle, remove } = await buildBundle(runtime, HOSTILE_APPS);
  const port = await freePort();
  const edge = await startGateway(runtime, bundle, port, {
    ...stack.env,
    ...HOSTILE_SETTINGS,
    PROJECT_TOKENS: token,
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    POSTHOG_HOST: posthog.url,
    HOOK_URL: hookUrl,
  });
  return {
    url: edge.url,
    token,
    delivered: () =>
      posthog.requests.flatMap(({ json }) => (json as { batch?: DeliveredEvent[] } | undefined)?.batch ?? []),
    log: () => edge.lines.flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as LogEntry] : [])),
    settle: async () => {},
    async stop() {
      await edge.stop();
      await Promise.all([stack.stop(), posthog.stop()]);
      await remove();
    },
  };
}
