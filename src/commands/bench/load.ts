import { Agent, request as httpRequest } from "node:http";
import type { CaptureRequest } from "./payload.ts";

/** Few, so that two cores suffice for the Worker and for this process, which asks it. */
const CONNECTIONS = 8;
const REQUEST_TIMEOUT_MS = 15_000;

/** Sends capture requests over kept-alive connections. */
export interface Load {
  /**
   * Sends all requests, 8 at a time, and resolves when all are answered. Rejects at the first answer that is not 200, with
   * its text: what did not do its work has no cost.
   */
  send(url: string, requests: readonly CaptureRequest[]): Promise<void>;
  stop(): void;
}

export function createLoad(): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  return {
    async send(url, requests) {
      let next = 0;
      const connection = async () => {
        for (let one = requests[next++]; one !== undefined; one = requests[next++]) {
          await post(agent, `${url}/e/`, one);
        }
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, connection));
    },
    stop: () => agent.destroy(),
  };
}

function post(agent: Agent, url: string, { body, headers }: CaptureRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      { method: "POST", agent, headers, timeout: REQUEST_TIMEOUT_MS },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          if (response.statusCode === 200) resolve();
          else
            reject(new Error(`the Worker answered ${response.statusCode}: ${String(Buffer.concat(chunks))}`));
        });
      },
    );
    request.on("timeout", () =>
      request.destroy(new Error(`the Worker did not answer within ${REQUEST_TIMEOUT_MS / 1000} s`)),
    );
    request.on("error", reject);
    request.end(body);
  });
}
