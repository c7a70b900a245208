import type { Instance } from "../../apps/instance.ts";
import type { Scope } from "../../apps/scope.ts";
import type { ProcessedEvent } from "../../pipeline/index.ts";

const WEBHOOK_TIMEOUT_MS = 10_000;

/** What `composeWebhook` returns; falsy sends nothing (runtime 3.9). */
interface Webhook {
  url: string;
  body: string;
  /** Replace the default `Content-Type: application/json`. */
  headers?: Record<string, string>;
  method?: string;
}

/** Sends the webhook that an app composes for an event. Rejects when the receiver does not take it. */
export async function sendWebhook(
  instance: Instance,
  event: ProcessedEvent,
  teamId: number,
  meta: object,
  scope: Scope,
  platformFetch: typeof fetch,
): Promise<void> {
  const { uuid, distinct_id, event: name, properties, timestamp } = event;
  const posthogEvent = {
    uuid,
    team_id: teamId,
    distinct_id,
    event: name,
    properties,
    timestamp: new Date(timestamp),
  };
  const { composeWebhook } = instance.hooks;
  const webhook = composeWebhook?.(posthogEvent, meta) as Webhook | null | undefined;
  if (!webhook) return;
  scope.subrequests += 1;
  const response = await platformFetch(webhook.url, {
    method: webhook.method ?? "POST",
    headers: webhook.headers ?? { "Content-Type": "application/json" },
    body: webhook.body,
    signal: AbortSignal.timeout(WEBHOOK_TIMEOUT_MS),
  });
  await response.body?.cancel();
  if (!response.ok)
    throw new Error(`Fetch to ${webhook.url} failed with ${response.statusText || response.status}`);
}
