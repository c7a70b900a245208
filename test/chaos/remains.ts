import type { Redis } from "ioredis";
import type { DeadLetter } from "../../src/delivery/dead-letters/letter.ts";
import { keys } from "../../src/keys.ts";
import { keys as queueKeys } from "../../src/local/qstash/keys.ts";
import { scan } from "./drain.ts";
import type { Destination } from "./events.ts";
import type { Ledger } from "./ledger.ts";

/** The destination that a hook in a dead letter stands for. */
const destinationOf: Readonly<Record<string, Destination>> = {
  posthog: "PostHog",
  onEvent: "onEvent",
  composeWebhook: "composeWebhook",
  exportEvents: "exportEvents",
};

/** Enters the gateway's dead letters into the ledger. */
export async function enterDeadLetters(redis: Redis, ledger: Ledger): Promise<void> {
  for (const name of await scan(redis, keys.deadLetter("*"))) {
    const letter = JSON.parse((await redis.get(name)) ?? "{}") as DeadLetter;
    const destination = destinationOf[letter.hook];
    if (destination)
      ledger.buried(
        destination,
        (letter.events as { uuid: string }[]).map(({ uuid }) => uuid),
      );
  }
}

/** Messages that QStash has given up, which no event may come to. */
export async function strandedMessages(redis: Redis): Promise<string[]> {
  const ids = await redis.zrange(queueKeys.deadLetters, 0, -1);
  return Promise.all(ids.map(async (id) => JSON.stringify(await redis.hgetall(queueKeys.deadLetter(id)))));
}

/** Keys of the gateway's that would stay for ever: neither with a life time, nor an app's own, nor the local QStash's. */
export async function eternalKeys(redis: Redis): Promise<string[]> {
  const names = (await scan(redis, "*")).filter((name) => !/^qstash:|^app:.+:(cache|storage):/.test(name));
  const lives = await Promise.all(names.map((name) => redis.ttl(name)));
  return names.filter((_, index) => lives[index] === -1);
}
