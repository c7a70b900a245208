import { once } from "node:events";
import { createServer, type IncomingMessage, request as send, type ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";

/** What happens to one request on its way. */
export type Fault =
  /** It passes. */
  | "none"
  /** It is refused with this status, and never reaches the gateway. */
  | { status: number; headers?: Record<string, string> }
  /** The connection breaks before the gateway has seen it. */
  | "reset"
  /** The gateway takes it, and the connection breaks before the client hears of it. */
  | "answer lost"
  /** The gateway takes it, and the client hears nothing until it gives up. */
  | "answer late";

/** A request as it came from the client, whatever became of it. */
export interface SeenRequest {
  path: string;
  /** The uuids of its batch. */
  uuids: string[];
  fault: Fault;
}

/** What lies between an SDK and the gateway. */
export interface FaultyProxy {
  url: string;
  seen: SeenRequest[];
  stop(): Promise<void>;
}

const FORWARD_TIMEOUT_MS = 20_000;

/**
 * Passes everything on to the gateway but for what `decide` says.
 * @param decide given the events of a request and how many came before it
 */
export async function startFaultyProxy(
  gatewayUrl: string,
  decide: (events: number, earlier: number) => Fault,
): Promise<FaultyProxy> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => void pass(request, response));

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const uuids = uuidsOf(body, request.headers["content-encoding"]);
    const fault = decide(uuids.length, seen.length);
    seen.push({ path: request.url ?? "", uuids, fault });
    if (fault === "reset") {
      request.socket.resetAndDestroy();
    } else if (typeof fault === "object") {
      response.writeHead(fault.status, fault.headers).end();
    } else {
      const answer = await forward(request, body);
      if (fault === "answer lost") request.socket.resetAndDestroy();
      else if (fault === "answer late") await once(response, "close");
      else response.writeHead(answer.status, answer.headers).end(answer.body);
    }
  }

  async function forward({ url, method, headers }: IncomingMessage, body: Buffer) {
    const forwarded = send(gatewayUrl + url, { method, headers, timeout: FORWARD_TIMEOUT_MS });
    forwarded.end(body);
    const [answer] = (await once(forwarded, "response")) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    return { status: answer.statusCode ?? 502, headers: answer.headers, body: Buffer.concat(chunks) };
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the proxy has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function uuidsOf(body: Buffer, encoding: string | undefined): string[] {
  const json = (encoding === "gzip" ? gunzipSync(body) : body).toString();
  if (!json.startsWith("{")) return [];
  const { batch = [] } = JSON.parse(json) as { batch?: { uuid: string }[] };
  return batch.map(({ uuid }) => uuid);
}
