import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below those that Linux hands out by itself, so that no other server or connection is given the port meanwhile. */
const PORTS = { from: 20_000, to: 32_000 };
const MAX_TRIES = 100;

/** A port of this machine that is free now; for a server whose address must be known, as a setting, before it starts. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port of 127.0.0.1 from ${PORTS.from} to ${PORTS.to} seems to be free`);
}

/** Whether a server could listen on this port of 127.0.0.1 now. False for what is no port. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, "127.0.0.1"), "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
