import { createQStash, type QStash } from "../../src/local/qstash/qstash.ts";
import type { RedisBackend } from "../../src/local/redis/backend.ts";
import { createMemoryBackend } from "../../src/local/redis/memory.ts";
import { createRedisRest } from "../../src/local/redis/rest.ts";
import type { Serve } from "../../src/testing/listen.ts";
import { type SigningKeys, tokens } from "./isolates.ts";
import type { VirtualTime } from "./time.ts";

/** The embedded Redis and QStash, off any socket. */
export interface Stack {
  hosts: { redis: Serve; qstash: Serve };
  qstash: QStash;
  signingKeys: SigningKeys;
  /** Has QStash sign with the next key from now on; resolves to those that a deployment needs then. */
  rotateKeys(): Promise<SigningKeys>;
  /** Runs a Redis command beside the gateway. */
  redis(...command: string[]): Promise<unknown>;
  /** Whether an export buffer or a batch waits. */
  hasBuffers(): Promise<boolean>;
  close(): Promise<void>;
}

/** One for all worlds, one after the other: its engine of Lua takes longer to load than many a history to live. */
let engine: RedisBackend | undefined;

/** A Redis that is empty, and out of reach for whatever of this world is not over when the next one begins. */
async function startRedis(): Promise<RedisBackend> {
  const redis = (engine ??= createMemoryBackend());
  // The engine of Lua loads at first use, which takes real time.
  await redis.command(["EVAL", "return 1", "0"]);
  let isOver = false;
  const whileOpen = <Result>(run: () => Promise<Result>) => (isOver ? new Promise<Result>(() => {}) : run());
  return {
    durability: "memory",
    command: (...call) => whileOpen(() => redis.command(...call)),
    transaction: (...call) => whileOpen(() => redis.transaction(...call)),
    async close() {
      isOver = true;
      await redis.command(["FLUSHALL"]);
      await redis.command(["SCRIPT", "FLUSH"]);
    },
  };
}

/** Starts both, with what they do themselves on the simulation's clock and network. */
export async function startStack(
  time: VirtualTime,
  fetch: (url: string, init: RequestInit) => Promise<Response>,
): Promise<Stack> {
  const backend = await startRedis();
  const signingKeys = { current: "s1g-current", next: "s1g-next" };
  let ids = 0;
  const qstash = createQStash({
    backend,
    token: tokens.qstash,
    currentSigningKey: signingKeys.current,
    nextSigningKey: signingKeys.next,
    clock: time,
    random: () => (ids += 1).toString(36).padStart(6, "0"),
    fetch,
    maxParallelAttempts: 100,
  });
  const headers = { Authorization: `Bearer ${tokens.qstash}` };
  return {
    hosts: {
      redis: createRedisRest({ backend, token: tokens.redis }).fetch,
      qstash: (request) => qstash.fetch(request),
    },
    qstash,
    signingKeys,
    async rotateKeys() {
      const rotate = new Request("http://qstash.test/v2/keys/rotate", { method: "POST", headers });
      return (await (await qstash.fetch(rotate)).json()) as SigningKeys;
    },
    redis: async (...command) => backend.command(command),
    hasBuffers: async () =>
      Number(await backend.command(["EXISTS", "export:due", "export:taken", "export:shelved"])) > 0,
    close: () => backend.close(),
  };
}
