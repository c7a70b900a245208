import { Agent, request as send } from "node:http";
import { type Answer, type Asked, readAll } from "./faulty-server.ts";

/** Longer than any of the gateway's own patience, so that it is the gateway that gives up. */
const FORWARD_TIMEOUT_MS = 60_000;

/** Passes requests on to a server, over kept-alive connections. Rejects when it does not answer. */
export interface Forward {
  (asked: Asked): Promise<Answer>;
  stop(): void;
}

export function createForward(url: string): Forward {
  const agent = new Agent({ keepAlive: true });
  const forward = ({ method, path, headers, body }: Asked): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const options = { method, headers: withLength(headers, body), agent, timeout: FORWARD_TIMEOUT_MS };
      const request = send(url + path, options, (response) => {
        readAll(response).then(
          (bytes) => resolve({ status: response.statusCode ?? 502, headers: response.headers, body: bytes }),
          reject,
        );
      });
      request.on("timeout", () => request.destroy(new Error(`${url} did not answer`)));
      request.on("error", reject);
      request.end(body);
    });
  return Object.assign(forward, { stop: () => agent.destroy() });
}

/** A body that was changed on the way has another length. */
function withLength(headers: Asked["headers"], body: Buffer): Asked["headers"] {
  const { "transfer-encoding": _, ...rest } = headers;
  return { ...rest, "content-length": String(body.byteLength) };
}
