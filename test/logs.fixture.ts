import type { AppConsole } from "../src/apps/console.ts";
import type { AppDefinition } from "../src/apps/definition.ts";
import { defineApp } from "../src/apps/testing.ts";
import type { PluginEvent } from "../src/event.ts";
import type { LogPage } from "../src/logs/read.ts";
import type { TestGateway } from "./gateway.ts";

type Hook = (event: PluginEvent, meta: { config: Record<string, unknown> }, console: AppConsole) => unknown;

/** An app whose `processEvent` does as it is told, with the console that the gateway gives it. */
export function talkative(hook: Hook, more: Partial<AppDefinition> = {}): AppDefinition {
  const createApp: AppDefinition["createApp"] = ({ console }) => ({
    exports: {
      processEvent: async (event: PluginEvent, meta: { config: Record<string, unknown> }) => {
        await hook(event, meta, console as AppConsole);
        return event;
      },
    },
    defaultExport: undefined,
    moduleExports: {},
    topLevel: {},
  });
  return defineApp("app", {}, { createApp, ...more });
}

/** Sends one event, and waits for all that follows. */
export async function sendEvent(edge: TestGateway, event = "e"): Promise<void> {
  const { status } = await edge.capture({ event, distinct_id: "u1" });
  if (status !== 200) throw new Error(`capture answered ${status}`);
  await edge.settle();
}

/** Asks the admin API for an app's log. */
export async function readLog(
  edge: TestGateway,
  query = "",
  plugin = "app",
): Promise<LogPage & { status: number; error?: string }> {
  const response = await fetch(`${edge.url}/admin/api/apps/${plugin}/logs${query}`, {
    headers: { Authorization: `Bearer ${edge.adminToken}` },
  });
  return { status: response.status, ...((await response.json()) as LogPage) };
}

export const messagesOf = ({ entries }: LogPage): string[] => entries.map(({ message }) => message);
