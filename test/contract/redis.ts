import { Redis } from "@upstash/redis";
import { afterAll, beforeAll, describe } from "vitest";
import { testProtocol } from "./redis/protocol.ts";
import { testScripts } from "./redis/scripts.ts";
import { testStreams } from "./redis/streams.ts";
import { testTransactions } from "./redis/transactions.ts";
import { testValues } from "./redis/values.ts";

const REQUEST_TIMEOUT_MS = 10_000;

/** An Upstash-compatible database, started for one suite. */
export interface RedisEndpoint {
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

/** What the contract's parts work with; usable inside tests only, when the endpoint is up. */
export interface RedisUnderTest {
  /** As the gateway configures its client: one request per call, replies as they come, exactly one attempt. */
  exact(): Redis;
  /** As an app would use it: the client's own defaults (auto-pipelining, deserialization, base64). */
  usual(): Redis;
  /** A client without base64: what curl users see. */
  unencoded(): Redis;
  /** A name that no other test uses. */
  key(name: string): string;
  /** One HTTP request with the token, answered as status, headers and parsed body. */
  send(path: string, init?: RequestInit): Promise<{ status: number; headers: Headers; body: unknown }>;
  endpoint(): RedisEndpoint;
}

/**
 * The contract of an Upstash-compatible Redis, driven through `@upstash/redis` and a few raw requests. Run it against every
 * implementation; `start` is called once per suite.
 */
export function testRedis(name: string, start: () => Promise<RedisEndpoint>): void {
  describe(name, () => {
    let endpoint: RedisEndpoint;
    let keys = 0;
    beforeAll(async () => {
      endpoint = await start();
    });
    afterAll(() => endpoint.close());

    const connection = () => ({
      url: endpoint.url,
      token: endpoint.token,
      retry: { retries: 0 },
      signal: () => AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const subject: RedisUnderTest = {
      endpoint: () => endpoint,
      exact: () =>
        new Redis({ ...connection(), enableAutoPipelining: false, automaticDeserialization: false }),
      usual: () => new Redis(connection()),
      unencoded: () => new Redis({ ...connection(), enableAutoPipelining: false, responseEncoding: false }),
      key: (label) => `contract:${(keys += 1)}:${label}`,
      async send(path, init = {}) {
        const response = await fetch(`${endpoint.url}${path}`, {
          method: "POST",
          ...init,
          headers: { authorization: `Bearer ${endpoint.token}`, ...init.headers },
          signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        });
        const text = await response.text();
        const isJson = response.headers.get("content-type")?.includes("json") === true;
        return {
          status: response.status,
          headers: response.headers,
          body: isJson && text !== "" ? JSON.parse(text) : text,
        };
      },
    };

    testValues(subject);
    testStreams(subject);
    testScripts(subject);
    testTransactions(subject);
    testProtocol(subject);
  });
}
