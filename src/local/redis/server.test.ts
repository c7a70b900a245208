import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { startRedisServer, type RedisServer } from "../../../test/redis-server.ts";
import { requireProgram } from "../../../test/requirements.ts";
import { createBackend, RedisUnavailableError, type RedisBackend } from "./backend.ts";
import { createServerBackend } from "./server.ts";

/** Reconnecting is tried at growing intervals. */
const RECONNECTED = { timeout: 10_000 };

test("a server that cannot be reached is named with the reason and the remedy, and without the password", async () => {
  const nobody = createServer().listen(0, "127.0.0.1");
  await once(nobody, "listening");
  const { port } = nobody.address() as AddressInfo;
  nobody.close();
  await once(nobody, "close");

  const failure = await createBackend(`redis://user:hunter2@127.0.0.1:${port}/1`).catch(
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(RedisUnavailableError);
  expect(String(failure)).toContain(`redis://user:***@127.0.0.1:${port}/1: connect ECONNREFUSED`);
  expect(String(failure)).toContain("REDIS_URL");
  expect(String(failure)).not.toContain("hunter2");
});

test.each(["http://:hunter2@127.0.0.1:6379", "redis//:hunter2@host", "hunter2", "redis://"])(
  "%j is no address of a Redis: said so at once, without repeating it",
  async (redisUrl) => {
    const failure = await createServerBackend(redisUrl).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RedisUnavailableError);
    expect(String(failure)).toMatch(/REDIS_URL.*redis:\/\//);
    expect(String(failure)).not.toContain("hunter2");
  },
);

describe.skipIf(requireProgram("redis-server") === null)("with redis-server", () => {
  test("while the connection is gone every command fails at once; afterwards it works again by itself", async () => {
    const wire = await startWire(await startServer());
    const backend = await open(wire.url);
    await backend.command(["SET", "k", "v"]);

    await wire.cut();
    await vi.waitFor(() => expect(backend.command(["GET", "k"])).rejects.toThrow(RedisUnavailableError));
    await expect(backend.transaction([["INCR", "n"]])).rejects.toThrow(
      /did not answer.*check that the server runs/,
    );

    await wire.mend();
    await vi.waitFor(async () => expect(await backend.command(["GET", "k"])).toBe("v"), RECONNECTED);
  });

  test("a command whose answer was lost fails and is not sent a second time", async () => {
    const server = await startServer();
    const wire = await startWire(server);
    const backend = await open(wire.url);
    const direct = await open(server.url);
    wire.holdAnswers();
    const lost = backend.command(["INCR", "n"]).catch((error: unknown) => error);
    await vi.waitFor(async () => expect(await direct.command(["GET", "n"])).toBe("1"));

    await wire.cut();
    expect(await lost).toBeInstanceOf(RedisUnavailableError);
    await wire.mend();
    await vi.waitFor(async () => expect(await backend.command(["GET", "n"])).toBe("1"), RECONNECTED);
  });

  test("a database number or a password that the server refuses is a failed start, not another database", async () => {
    const server = await startServer();
    await expect(createServerBackend(`${server.url}/999`)).rejects.toThrow(/\/999: .*out of range/);

    await (await open(server.url)).command(["CONFIG", "SET", "requirepass", "correct"]);
    await expect(createServerBackend(server.url)).rejects.toThrow(/NOAUTH/);
    const withPassword = (password: string) => server.url.replace("//", `//:${password}@`);
    await expect(createServerBackend(withPassword("wrong"))).rejects.toThrow(/\*\*\*@.*WRONGPASS/);
    expect(await (await open(withPassword("correct"))).command(["PING"])).toBe("PONG");
  });
});

async function startServer(): Promise<RedisServer> {
  const server = await startRedisServer();
  onTestFinished(() => server.stop());
  return server;
}

async function open(redisUrl: string): Promise<RedisBackend> {
  const backend = await createServerBackend(redisUrl);
  onTestFinished(() => backend.close());
  return backend;
}

/** A TCP connection to the server that a test can cut and mend. */
async function startWire(server: RedisServer) {
  const serverPort = Number(new URL(server.url).port);
  const sockets = new Set<Socket>();
  let answering = true;
  const wire = createServer((near) => {
    const far = connect(serverPort, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      // A cut connection is the point of the test; the other end reports it.
      socket.on("error", () => {});
      socket.on("close", () => {
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.on("data", (chunk) => answering && near.write(chunk));
  });
  wire.listen(0, "127.0.0.1");
  await once(wire, "listening");
  const { port } = wire.address() as AddressInfo;
  const hangUp = () => {
    wire.close();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  onTestFinished(hangUp);
  return {
    url: `redis://127.0.0.1:${port}`,
    holdAnswers() {
      answering = false;
    },
    async cut() {
      hangUp();
      await once(wire, "close");
    },
    async mend() {
      answering = true;
      wire.listen(port, "127.0.0.1");
      await once(wire, "listening");
    },
  };
}
