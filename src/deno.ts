import { apps } from "#registry";
import { clientAddress } from "./process/client-address.ts";
import { createGatewayProcess, describeStartFault } from "./process/index.ts";
import { createShutdown } from "./process/shutdown.ts";

/** The part of Deno that the gateway uses. */
interface DenoRuntime {
  env: { toObject(): Record<string, string> };
  exit(code: number): never;
  addSignalListener(signal: "SIGTERM" | "SIGINT", listener: () => void): void;
  serve(
    options: { port: number; onListen: (address: { port: number }) => void },
    handler: (
      request: Request,
      connection: { remoteAddr: { hostname?: string } },
    ) => Response | Promise<Response>,
  ): { shutdown(): Promise<void> };
  cron(name: string, schedule: string, run: () => Promise<void>): Promise<void>;
}
declare const Deno: DenoRuntime;

/** Deno Deploy ends an instance 5 s after it has asked it to stop. */
const SHUTDOWN_MS = 4500;

try {
  await main();
} catch (error) {
  console.error(describeStartFault(error, Deno.env.toObject()["PORT"]));
  Deno.exit(1);
}

async function main(): Promise<void> {
  const environment = Deno.env.toObject();
  const { gateway, settings, port, waitUntil, finish, scheduled } = await createGatewayProcess({
    runtime: "deno",
    apps,
    environment,
    // The embedded stack says so itself; Upstash is durable.
    durability: environment["EMBEDDED_DURABILITY"] === "memory" ? "memory" : "durable",
  });
  // What an app forgets or throws too late must not end the process for all others.
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    gateway.unhandledRejection(event.reason);
  });
  globalThis.addEventListener("error", (event) => {
    if (gateway.uncaughtException(event.error)) event.preventDefault();
  });
  const server = Deno.serve(
    { port, onListen: (address) => console.log(`Edgehog listens on port ${address.port}`) },
    (request, connection) => {
      const ip = clientAddress(
        connection.remoteAddr.hostname ?? null,
        request.headers.get("X-Forwarded-For"),
        settings.trustedProxies,
      );
      return gateway.fetch(request, { client: { ip }, waitUntil });
    },
  );
  void Deno.cron("scheduled tasks", "* * * * *", () => scheduled(Date.now()));

  const stop = createShutdown({
    patienceMs: SHUTDOWN_MS,
    close: () => server.shutdown(),
    steps: [() => gateway.stop(waitUntil), finish],
    onFault: (message) => console.error(message),
    exit: (code) => Deno.exit(code),
  });
  Deno.addSignalListener("SIGTERM", stop);
  Deno.addSignalListener("SIGINT", stop);
}
