import { serve } from "@hono/node-server";
import type { AddressInfo } from "node:net";

/** A server on a free port of this machine. */
export interface Site {
  url: string;
  stop(): Promise<void>;
}

export async function serveSite(answer: (request: Request) => Response | Promise<Response>): Promise<Site> {
  const { promise: listening, resolve } = Promise.withResolvers<AddressInfo>();
  const server = serve({ hostname: "127.0.0.1", port: 0, fetch: answer }, resolve);
  const { port } = await listening;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        // A browser keeps its connections open.
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}
