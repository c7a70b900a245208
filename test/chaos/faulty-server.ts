import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** What happens to one request on its way. */
export type Fault =
  /** It passes. */
  | "none"
  /** It is refused with this status, and never reaches its destination unless it is `taken` all the same. */
  | { status: number; headers?: Record<string, string>; taken?: true }
  /** The connection breaks before the destination has seen it. */
  | "reset"
  /** Nothing comes back until the sender gives up; the destination never sees it. */
  | "hang"
  /** The destination takes it after so long. */
  | { delayMs: number }
  /** The destination takes it, and the connection breaks before the sender hears of it. */
  | "answer lost"
  /** The destination takes it, and the sender hears nothing until it gives up. */
  | "answer late"
  /** The destination takes it twice, at once; the sender hears the first answer. */
  | "twice";

export interface Asked {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Answer {
  status: number;
  headers?: Record<string, string | string[] | undefined>;
  body?: Buffer | string;
}

export interface FaultyServer {
  url: string;
  stop(): Promise<void>;
}

/**
 * A server on a free port of 127.0.0.1 that has faults between its clients and what it does. When `answer` rejects, the
 * connection breaks.
 */
export async function startFaultyServer(options: {
  /** Does what was asked: as a destination itself, or by passing it on. */
  answer: (asked: Asked) => Promise<Answer> | Answer;
  decide: (asked: Asked) => Fault;
  /** Hears of each request that was taken, or may have been, more often than its sender knows. */
  onUnheard?: (asked: Asked) => void;
}): Promise<FaultyServer> {
  const { onUnheard = () => {} } = options;
  const server = createServer((request, response) => {
    serve(request, response).catch(() => request.socket.destroy());
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/", headers } = request;
    const asked = { method, path: url, headers, body: await readAll(request) };
    const fault = options.decide(asked);
    if (fault === "reset") return void request.socket.resetAndDestroy();
    if (fault === "hang") return untilGivenUp(response);
    const refusal = typeof fault === "object" && "status" in fault ? fault : null;
    if (refusal && !refusal.taken) return void response.writeHead(refusal.status, refusal.headers).end();
    if (typeof fault === "object" && "delayMs" in fault) await sleep(fault.delayMs);
    const answer = await take(asked, fault === "twice" ? 2 : 1);
    const isHeard = (fault === "none" || (typeof fault === "object" && !refusal)) && !response.destroyed;
    if (!isHeard) onUnheard(asked);
    if (fault === "answer lost") return void request.socket.resetAndDestroy();
    if (fault === "answer late") return untilGivenUp(response);
    if (response.destroyed) return;
    if (refusal) response.writeHead(refusal.status, refusal.headers).end();
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  async function take(asked: Asked, times: 1 | 2): Promise<Answer> {
    try {
      const [answer] = await Promise.all(Array.from({ length: times }, () => options.answer(asked)));
      return answer as Answer;
    } catch (error) {
      onUnheard(asked);
      throw error;
    }
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the faulty server has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function untilGivenUp(response: ServerResponse): Promise<void> {
  if (!response.destroyed) await once(response, "close");
}

/** Reads a stream of HTTP to its end. */
export async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
