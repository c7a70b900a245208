import { once } from "node:events";
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { describe } from "vitest";
import { createBackend } from "../../src/local/redis/backend.ts";
import { createRedisRest } from "../../src/local/redis/rest.ts";
import { startRedisServer } from "../redis-server.ts";
import { requireProgram } from "../requirements.ts";
import { testRedis, type RedisEndpoint } from "./redis.ts";

testRedis("embedded Redis REST over memory", () => startRest());

describe.skipIf(requireProgram("redis-server") === null)("with redis-server", () => {
  testRedis("embedded Redis REST over a real server", async () => {
    const server = await startRedisServer();
    const rest = await startRest(server.url);
    return {
      ...rest,
      async close() {
        await rest.close();
        await server.stop();
      },
    };
  });
});

async function startRest(redisUrl?: string): Promise<RedisEndpoint> {
  const token = "contract-token";
  const backend = await createBackend(redisUrl);
  const rest = createRedisRest({ backend, token });
  const server = createServer(getRequestListener((request) => rest.fetch(request))).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no TCP port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    token,
    async close() {
      server.close();
      server.closeAllConnections();
      await backend.close();
    },
  };
}
