import type { IncomingMessage } from "node:http";
import process from "node:process";
import { apps } from "#registry";
import { serve } from "@hono/node-server";
import { clientAddress } from "./client-address.ts";
import { createGatewayProcess, FaultySettings, startCron } from "./process.ts";

/** What a shutdown waits for: the platform's own patience is 10 s as a rule. */
const DRAIN_MS = 8000;

try {
  await main();
} catch (error) {
  console.error(error instanceof FaultySettings ? error.message : error);
  process.exit(1);
}

async function main(): Promise<void> {
  const embedded =
    process.env["UPSTASH_REDIS_REST_URL"] || process.env["QSTASH_TOKEN"] ? null : await embed();
  const { gateway, settings, port, waitUntil, drain } = await createGatewayProcess({
    runtime: "node",
    apps,
    environment: { ...embedded?.env, ...withoutEmpty(process.env) },
    durability: embedded?.durability === "memory" ? "memory" : "durable",
  });

  // An app's forgotten promise must not end the process for all others.
  process.on("unhandledRejection", (reason) => gateway.unhandledRejection(reason));

  const server = serve({
    port,
    fetch: (request, bindings) => {
      const { incoming } = bindings as unknown as { incoming: IncomingMessage };
      const ip = clientAddress(
        incoming.socket.remoteAddress ?? null,
        request.headers.get("X-Forwarded-For"),
        settings.trustedProxies,
      );
      return gateway.fetch(request, { client: { ip, location: null }, waitUntil });
    },
  });
  server.on("listening", () => console.log(`Edgehog listens on port ${port}`));
  const stopCron = startCron((timeMs) => gateway.scheduled(timeMs));

  const stop = async () => {
    stopCron();
    await new Promise((resolve) => server.close(resolve));
    await gateway.stop(waitUntil).catch((error: Error) => console.error(error.message));
    await drain(DRAIN_MS);
    await embedded?.stop();
    process.exit(0);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

/** An empty variable is an unset one, and must not hide what the embedded stack supplies. */
function withoutEmpty(environment: NodeJS.ProcessEnv): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
}

/** Without Upstash the embedded stack serves, in this process; on a real Redis nothing is lost with it. */
async function embed() {
  // Loaded only here: with Upstash the stack's packages need not be installed.
  const { startStack } = await import("./local/stack.ts");
  const redisUrl = process.env["REDIS_URL"];
  const stack = await startStack(redisUrl ? { redisUrl } : {});
  if (stack.durability === "memory") {
    console.warn(
      "Neither UPSTASH_* nor REDIS_URL is set: events wait in this process's memory and are lost when it ends.",
    );
  }
  // The embedded QStash is in this process: it always finds the gateway here.
  const publicUrl = `http://127.0.0.1:${process.env["PORT"] || 8787}`;
  return { ...stack, env: { PUBLIC_URL: publicUrl, ...stack.env } };
}
