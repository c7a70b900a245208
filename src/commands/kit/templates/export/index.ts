import {
  type Plugin,
  type PluginMeta,
  type ProcessedPluginEvent,
  RetryError,
} from "@posthog/plugin-scaffold";

type MyApp = Plugin<{ config: { url: string; token?: string } }>;

/** Gets events in batches. A RetryError brings the same batch again, later; any other error gives it up. */
export async function exportEvents(events: ProcessedPluginEvent[], { config }: PluginMeta<MyApp>) {
  const response = await fetch(config.url, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      ...(config.token ? { Authorization: `Bearer ${config.token}` } : {}),
    },
    body: JSON.stringify(events),
  }).catch((error: Error) => {
    throw new RetryError(error.message);
  });
  // Read in any case: the connection is free for the next batch only then.
  const answer = await response.text();
  if (response.status === 429 || response.status >= 500) {
    throw new RetryError(`The receiver answered ${response.status}`);
  }
  if (!response.ok) throw new Error(`The receiver answered ${response.status}: ${answer.slice(0, 200)}`);
}
