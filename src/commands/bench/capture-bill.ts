import type { Contestant } from "./contestants.ts";
import { createRequests, payloads } from "./payload.ts";
import { isQuiet, settled } from "./settled.ts";
import { startSink } from "./sink.ts";
import { startContestant, TOKEN } from "./start.ts";
import type { Surroundings } from "./surroundings.ts";

/** What Upstash would bill for the capture of 1,000 events. */
export interface CaptureBill {
  payload: string;
  worker: string;
  redisCommands: number;
  qstashMessages: number;
}

/** Counting needs no repetition: every warm request costs the same. */
const REQUESTS = 20;

/**
 * Counts what capture alone asks of Redis and QStash, in a warm isolate: the embedded QStash takes the messages and delivers
 * them to a sink, not back to the gateway.
 */
export async function countCaptureBill({
  gateways,
  stack,
  load,
  random,
}: Surroundings & { gateways: readonly Contestant[] }): Promise<CaptureBill[]> {
  const sink = await startSink();
  const bills: CaptureBill[] = [];
  try {
    for (const gateway of gateways) {
      const worker = await startContestant(gateway, { ...stack.env, PUBLIC_URL: sink.url });
      try {
        for (const payload of payloads) {
          const next = createRequests(payload, random, TOKEN);
          await load.send(worker.url, [next()]);
          const before = stack.counters();
          await load.send(worker.url, Array.from({ length: REQUESTS }, next));
          const after = stack.counters();
          const perThousand = (total: number) => (total * 1000) / (REQUESTS * payload.events);
          bills.push({
            payload: payload.name,
            worker: gateway.name,
            redisCommands: perThousand(after.redis.commands - before.redis.commands),
            qstashMessages: perThousand(after.qstash.published - before.qstash.published),
          });
        }
        await settled(() => isQuiet(stack), `${gateway.name}: delivery to the sink`);
      } finally {
        await worker.stop();
      }
    }
    return bills;
  } finally {
    await sink.stop();
  }
}
