import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import process from "node:process";
import { apps } from "#registry";
import { serve, type ServerType } from "@hono/node-server";
import { clientAddress } from "./process/client-address.ts";
import { createGatewayProcess, describeStartFault } from "./process/index.ts";
import { startCron } from "./schedule/cron.ts";
import { createShutdown } from "./process/shutdown.ts";

/** Time for an orderly shutdown; many platforms kill a process 10 s after they asked it to stop. */
const SHUTDOWN_MS = 8000;
const IDLE_CHECK_MS = 50;

try {
  await main();
} catch (error) {
  console.error(describeStartFault(error, process.env["PORT"]));
  process.exit(1);
}

async function main(): Promise<void> {
  const embedded =
    process.env["UPSTASH_REDIS_REST_URL"] || process.env["QSTASH_TOKEN"] ? null : await embed();
  const { gateway, settings, port, waitUntil, finish, scheduled } = await createGatewayProcess({
    runtime: "node",
    apps,
    environment: { ...embedded?.env, ...withoutEmpty(process.env) },
    durability: embedded?.durability === "memory" ? "memory" : "durable",
  });

  // What an app forgets or throws too late must not end the process for all others.
  process.on("unhandledRejection", (reason) => gateway.unhandledRejection(reason));
  process.on("uncaughtException", (error) => {
    if (gateway.uncaughtException(error)) return;
    console.error(error);
    process.exit(1);
  });

  const server = serve({
    port,
    // Otherwise it replaces Request and Response for the whole process, apps' `instanceof Response` included.
    overrideGlobalObjects: false,
    fetch: (request, bindings) => {
      const { incoming } = bindings as unknown as { incoming: IncomingMessage };
      const ip = clientAddress(
        incoming.socket.remoteAddress ?? null,
        request.headers.get("X-Forwarded-For"),
        settings.trustedProxies,
      );
      return gateway.fetch(request, { client: { ip }, waitUntil });
    },
  });
  await once(server, "listening");
  console.log(`Edgehog listens on port ${port}`);
  const stopCron = startCron(scheduled);

  const stop = createShutdown({
    patienceMs: SHUTDOWN_MS,
    close() {
      stopCron();
      return closeServer(server);
    },
    steps: [() => gateway.stop(waitUntil), finish, async () => embedded?.stop()],
    onFault: (message) => console.error(message),
    exit: (code) => process.exit(code),
  });
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

/** Connections that clients keep open for later requests are closed as soon as nothing is under way on them. */
async function closeServer(server: ServerType): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  const closeIdle = () => "closeIdleConnections" in server && server.closeIdleConnections();
  const timer = setInterval(closeIdle, IDLE_CHECK_MS);
  await closed;
  clearInterval(timer);
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
