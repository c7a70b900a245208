import type { LogEntry } from "../../src/apps/log.ts";
import type { DeliveredEvent } from "../gateway.ts";
import { startEdge } from "../runtimes/edge.ts";
import type { RuntimeName } from "../runtimes/start.ts";
import { HOSTILE_APPS } from "./apps.ts";
import { HOSTILE_SETTINGS, type Surroundings } from "./suite.ts";

/** The bundle that a deployment would run, as a process beside the embedded stack. */
export async function startProcess(runtime: RuntimeName, hookUrl: string): Promise<Surroundings> {
  const token = "phc_hostile";
  const edge = await startEdge(runtime, HOSTILE_APPS, {
    ...HOSTILE_SETTINGS,
    PROJECT_TOKENS: token,
    HOOK_URL: hookUrl,
  });
  return {
    url: edge.url,
    token,
    delivered: () =>
      edge.posthog.requests.flatMap(
        ({ json }) => (json as { batch?: DeliveredEvent[] } | undefined)?.batch ?? [],
      ),
    log: () => edge.lines.flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as LogEntry] : [])),
    settle: async () => {},
    stop: edge.stop,
  };
}
