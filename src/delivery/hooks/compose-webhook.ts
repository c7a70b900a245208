import type { AppFetch } from "../../apps/fetch.ts";
import type { Instance } from "../../apps/instance.ts";
import type { ProcessedEvent } from "../../pipeline/index.ts";
import { ingestedProperties } from "../plugin-event.ts";

const WEBHOOK_TIMEOUT_MS = 10_000;

/** What `composeWebhook` returns; falsy sends nothing (runtime 3.9). */
interface Webhook {
  url: string;
  body: string;
  /** Replace the default `Content-Type: application/json`. */
  headers?: Record<string, string>;
  method?: string;
}

/** Sends the webhook that an app composes for an event, through the app's own `fetch`. Rejects when the receiver does not take it. */
export async function sendWebhook(
  instance: Instance,
  event: ProcessedEvent,
  teamId: number,
  meta: object,
  send: AppFetch,
): Promise<void> {
  const { uuid, distinct_id, event: name, timestamp } = event;
  const posthogEvent = {
    uuid,
    team_id: teamId,
    distinct_id,
    event: name,
    timestamp: new Date(timestamp),
    properties: ingestedProperties(event),
  };
  const { composeWebhook } = instance.hooks;
  // PostHog asked for the object itself; one that is promised is as good.
  const webhook = (await composeWebhook?.(posthogEvent, meta)) as Webhook | null | undefined;
  if (!webhook) return;
  if (!webhook.url)
    throw new Error("composeWebhook returned no url: it must return { url, body } or nothing");
  const response = await send(webhook.url, {
    method: webhook.method ?? "POST",
    headers: webhook.headers ?? { "Content-Type": "application/json" },
    body: webhook.body,
    signal: AbortSignal.timeout(WEBHOOK_TIMEOUT_MS),
  });
  await response.body?.cancel();
  if (!response.ok)
    throw new Error(`Fetch to ${webhook.url} failed with ${response.statusText || response.status}`);
}
