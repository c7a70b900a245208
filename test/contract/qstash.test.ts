import { once } from "node:events";
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createQStash } from "../../src/local/qstash/qstash.ts";
import { createBackend } from "../../src/local/redis/backend.ts";
import { type RedisServer, startRedisServer } from "../redis-server.ts";
import { requireProgram } from "../requirements.ts";
import { type QStashServer, type ServerOptions, signingKeys, testQStash } from "./qstash.ts";

testQStash("embedded QStash over memory", (options) => startQStash(options));

describe.skipIf(requireProgram("redis-server") === null)("with redis-server", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedisServer();
  });
  afterAll(() => redis.stop());

  testQStash("embedded QStash over a real server", (options) => startQStash(options, redis.url));

  it("accepts nothing while its Redis is gone, so that the publisher keeps the message", async () => {
    const own = await startRedisServer();
    const server = await startQStash({ ...signingKeys, token: "t" }, own.url);
    await own.stop();
    const response = await fetch(`${server.url}/v2/publish/https://example.com`, {
      method: "POST",
      headers: { Authorization: "Bearer t" },
    });
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ error: expect.stringContaining("try again") });
    expect(server.qstash.counters()).toMatchObject({ published: 0 });
    await server.close();
  });
});

async function startQStash(options: ServerOptions, redisUrl?: string): Promise<QStashServer> {
  const backend = await createBackend(redisUrl);
  await backend.command(["FLUSHALL"]);
  const qstash = createQStash({
    backend,
    callerIP: (context) => getConnInfo(context).remote.address,
    ...options,
  });
  const server = createServer(getRequestListener(qstash.fetch)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no TCP port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    qstash,
    async close() {
      server.close();
      server.closeAllConnections();
      await qstash.stop();
      await backend.close();
    },
  };
}
