import { createQStash, type QStash } from "../local/qstash/qstash.ts";
import { createBackend, type Reply } from "../local/redis/backend.ts";
import { createRedisRest, type RedisRest } from "../local/redis/rest.ts";
import type { FakeClock } from "./clock.ts";
import { listen, type Serve } from "./listen.ts";

const REDIS_TOKEN = "redis-token";
const QSTASH_TOKEN = "qstash-token";
const SIGNING_KEYS = {
  currentSigningKey: "sig_current_for_tests_only",
  nextSigningKey: "sig_next_for_tests_only",
};

/** Stands between a server and who calls it: to break a call, say. */
export type Around = (serves: "redis" | "qstash" | "gateway", serve: Serve) => Serve;

/** The embedded Redis and QStash on real sockets and the test's clock, which delivers nothing by itself. */
export interface TestUpstash {
  qstash: QStash;
  qstashToken: string;
  redis: RedisRest;
  /** Where they are, as settings of the gateway. */
  environment: Readonly<Record<string, string>>;
  /** Runs a Redis command beside the gateway, to look at what it keeps. */
  redisCommand(...command: string[]): Promise<Reply>;
  /** Makes the gateway's Redis refuse everything, or not any more. QStash keeps what it has. */
  setRedisAway(away: boolean): void;
  /** Makes QStash refuse everything, or not any more. */
  setQStashAway(away: boolean): void;
  /** Answers in QStash's place, or not any more. */
  answerAsQStash(serve: Serve | null): void;
  stop(): Promise<void>;
}

/** `redisUrl` names a real Redis, for what is too much for the one in this process. */
export async function startTestUpstash(options: {
  clock: FakeClock;
  redisUrl: string | undefined;
  around: Around;
}): Promise<TestUpstash> {
  const { clock, around } = options;
  const backend = await createBackend(options.redisUrl);
  const redis = createRedisRest({ backend, token: REDIS_TOKEN });
  const qstash = createQStash({ backend, token: QSTASH_TOKEN, ...SIGNING_KEYS, clock });
  const refuse = () => new Response("away", { status: 503 });
  let redisAway = false;
  let inQStashsPlace: Serve | null = null;
  const [redisServer, qstashServer] = await Promise.all([
    listen(around("redis", (request) => (redisAway ? refuse() : redis.fetch(request)))),
    listen(around("qstash", (request) => (inQStashsPlace ?? qstash.fetch)(request))),
  ]);
  return {
    qstash,
    qstashToken: QSTASH_TOKEN,
    redis,
    environment: {
      UPSTASH_REDIS_REST_URL: redisServer.url,
      UPSTASH_REDIS_REST_TOKEN: REDIS_TOKEN,
      QSTASH_URL: qstashServer.url,
      QSTASH_TOKEN,
      QSTASH_CURRENT_SIGNING_KEY: SIGNING_KEYS.currentSigningKey,
      QSTASH_NEXT_SIGNING_KEY: SIGNING_KEYS.nextSigningKey,
    },
    redisCommand: (...command) => backend.command(command),
    setRedisAway(away) {
      redisAway = away;
    },
    setQStashAway(away) {
      inQStashsPlace = away ? refuse : null;
    },
    answerAsQStash(serve) {
      inQStashsPlace = serve;
    },
    async stop() {
      await Promise.all([redisServer.stop(), qstashServer.stop()]);
      await backend.close();
    },
  };
}
