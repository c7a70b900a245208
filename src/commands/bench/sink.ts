import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";

/** Takes whatever it is sent, at the least cost: stands for QStash's publish, for what QStash delivers to, and for PostHog. */
export interface Sink {
  url: string;
  /** Requests so far. */
  requests(): number;
  stop(): Promise<void>;
}

/** What QStash answers to a publish; nobody else reads it. */
const ANSWER = Buffer.from('{"messageId":"msg_bench"}');
const HEADERS = { "Content-Type": "application/json", "Content-Length": ANSWER.byteLength };

/** Starts a sink on a free port. `onBody` sees each body, whole. */
export async function startSink(onBody?: (body: Buffer) => void): Promise<Sink> {
  let requests = 0;
  const server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => {
      if (onBody) chunks.push(chunk);
    });
    request.on("end", () => {
      requests += 1;
      onBody?.(Buffer.concat(chunks));
      response.writeHead(200, HEADERS).end(ANSWER);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the sink found no free port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests: () => requests,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}
