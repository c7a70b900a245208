import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";

/** Answers requests. */
export type Serve = (request: Request) => Response | Promise<Response>;

/** A server on a free port of this machine. */
export interface Listener {
  url: string;
  stop(): Promise<void>;
}

/** Serves on a real socket, so that clients are the real ones. */
export async function listen(serveRequest: Serve): Promise<Listener> {
  const { promise, resolve } = Promise.withResolvers<AddressInfo>();
  // Otherwise it replaces Request and Response for the whole process, the app under test included.
  const options = { hostname: "127.0.0.1", port: 0, overrideGlobalObjects: false };
  const server = serve({ ...options, fetch: serveRequest }, resolve);
  const { port } = await promise;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise<void>((stopped) => {
        server.close(() => stopped());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}
