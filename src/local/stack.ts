import { randomBytes } from "node:crypto";
import { serve } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import { type Credentials, loadCredentials } from "./qstash/credentials.ts";
import { createQStash } from "./qstash/qstash.ts";
import { createBackend } from "./redis/backend.ts";
import { createRedisRest } from "./redis/rest.ts";

export interface StackOptions {
  /** A real Redis (`redis://`) to keep everything in; without it everything is kept in this process's memory. */
  redisUrl?: string;
  /** 0, the default, takes a port that is free. */
  redisPort?: number;
  qstashPort?: number;
  host?: string;
  /** Tokens and keys to use. Those left out come from an earlier start on the same Redis, or are random. */
  credentials?: Partial<Credentials>;
  log?: (line: string) => void;
}

export interface Stack {
  redis: { url: string; token: string };
  qstash: { url: string; token: string; currentSigningKey: string; nextSigningKey: string };
  /** The same as settings of the gateway. */
  env: Record<string, string>;
  /** "memory" loses everything with the process. */
  durability: "memory" | "server";
  counters(): {
    redis: ReturnType<ReturnType<typeof createRedisRest>["counters"]>;
    qstash: ReturnType<ReturnType<typeof createQStash>["counters"]>;
  };
  stop(): Promise<void>;
}

/**
 * Starts both servers, Upstash-compatible Redis and QStash, over one store. With a real Redis a restart loses nothing and
 * the credentials stay the same. Rejects when the Redis cannot be reached or a port is taken, and then nothing runs.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { host = "127.0.0.1", log = () => {} } = options;
  const backend = await createBackend(options.redisUrl);
  const opened: { close(): Promise<void> }[] = [backend];
  const closeAll = async () => {
    for (const part of opened.toReversed()) await part.close();
  };
  try {
    const credentials = await loadCredentials(backend, options.credentials ?? {}, randomSecret);
    const rest = createRedisRest({ backend, token: credentials.redisToken });
    const qstash = createQStash({
      backend,
      token: credentials.qstashToken,
      currentSigningKey: credentials.currentSigningKey,
      nextSigningKey: credentials.nextSigningKey,
      callerIP: (context) => getConnInfo(context).remote.address,
      log,
    });
    const redisServer = await listen(rest.fetch, host, options.redisPort ?? 0);
    opened.push(redisServer);
    opened.push({ close: qstash.stop });
    const qstashServer = await listen(qstash.fetch, host, options.qstashPort ?? 0);
    opened.push(qstashServer);
    qstash.start();
    return {
      redis: { url: redisServer.url, token: credentials.redisToken },
      qstash: {
        url: qstashServer.url,
        token: credentials.qstashToken,
        currentSigningKey: credentials.currentSigningKey,
        nextSigningKey: credentials.nextSigningKey,
      },
      env: {
        UPSTASH_REDIS_REST_URL: redisServer.url,
        UPSTASH_REDIS_REST_TOKEN: credentials.redisToken,
        QSTASH_URL: qstashServer.url,
        QSTASH_TOKEN: credentials.qstashToken,
        QSTASH_CURRENT_SIGNING_KEY: credentials.currentSigningKey,
        QSTASH_NEXT_SIGNING_KEY: credentials.nextSigningKey,
      },
      durability: backend.durability,
      counters: () => ({ redis: rest.counters(), qstash: qstash.counters() }),
      stop: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function randomSecret(): string {
  return randomBytes(24).toString("hex");
}

type Fetch = Parameters<typeof serve>[0]["fetch"];

async function listen(fetch: Fetch, hostname: string, port: number) {
  // Otherwise it replaces Request and Response for the whole process, apps' `instanceof Response` included.
  const server = serve({ fetch, hostname, port, overrideGlobalObjects: false });
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", (error) =>
      reject(
        new Error(`cannot listen on ${hostname}:${port}: ${error.message}. Choose another port.`, {
          cause: error,
        }),
      ),
    );
  });
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `http://${hostname}:${bound}`,
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        // Clients keep connections open, which would keep the server from closing.
        if ("closeAllConnections" in server) server.closeAllConnections();
      });
    },
  };
}
