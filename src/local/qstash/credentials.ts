import type { RedisBackend } from "../redis/backend.ts";
import { keys } from "./keys.ts";
import { pairs } from "./redis.ts";

/** What clients of the embedded stack are configured with. */
export interface Credentials {
  redisToken: string;
  qstashToken: string;
  currentSigningKey: string;
  nextSigningKey: string;
}

const prefixes: Readonly<Record<keyof Credentials, string>> = {
  redisToken: "redis_",
  qstashToken: "qstash_",
  currentSigningKey: "sig_",
  nextSigningKey: "sig_",
};

/**
 * Decides every credential: the one given, else the one kept in Redis by an earlier start, else a random one, and keeps
 * them. So clients of a stack on a real Redis go on working after a restart, and after a rotation of the keys.
 */
export async function loadCredentials(
  backend: RedisBackend,
  given: Partial<Credentials>,
  random: () => string,
): Promise<Credentials> {
  const kept = pairs(await backend.command(["HGETALL", keys.credentials]));
  const decide = (name: keyof Credentials) => given[name] ?? kept.get(name) ?? `${prefixes[name]}${random()}`;
  const credentials: Credentials = {
    redisToken: decide("redisToken"),
    qstashToken: decide("qstashToken"),
    currentSigningKey: decide("currentSigningKey"),
    nextSigningKey: decide("nextSigningKey"),
  };
  await keepCredentials(backend, credentials);
  return credentials;
}

/** Keeps the given credentials for the next start. */
export async function keepCredentials(
  backend: RedisBackend,
  credentials: Partial<Credentials>,
): Promise<void> {
  await backend.command(["HSET", keys.credentials, ...Object.entries(credentials).flat()]);
}
