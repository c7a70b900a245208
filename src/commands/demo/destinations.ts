import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";

/** An event as a destination got it. */
export interface ReceivedEvent {
  uuid: string;
  event: string;
  distinct_id: string;
  timestamp: string;
  properties: Record<string, unknown>;
}

/** A call of the webhook, and how it was answered. */
export interface WebhookCall {
  atMs: number;
  status: number;
  events: ReceivedEvent[];
}

/** A stand-in for PostHog, and a warehouse's webhook that is down when it is called for the first time. */
export interface Destinations {
  url: string;
  posthog: ReceivedEvent[];
  webhook: WebhookCall[];
  stop(): Promise<void>;
}

export async function startDestinations(): Promise<Destinations> {
  const posthog: ReceivedEvent[] = [];
  const webhook: WebhookCall[] = [];
  const app = new Hono();
  app.post("/posthog/batch/", async (context) => {
    const { batch } = await context.req.json<{ batch: ReceivedEvent[] }>();
    posthog.push(...batch);
    return context.json({ status: "Ok" });
  });
  app.post("/warehouse", async (context) => {
    const { events } = await context.req.json<{ events: ReceivedEvent[] }>();
    const status = webhook.length === 0 ? 503 : 200;
    webhook.push({ atMs: Date.now(), status, events });
    return context.json({}, status);
  });
  const { promise, resolve } = Promise.withResolvers<AddressInfo>();
  const server = serve({ hostname: "127.0.0.1", port: 0, fetch: app.fetch }, resolve);
  const { port } = await promise;
  return {
    url: `http://127.0.0.1:${port}`,
    posthog,
    webhook,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}
