import { Redis } from "@upstash/redis";
import { keys } from "../../keys.ts";
import type { Stack } from "../../local/stack.ts";
import type { Contestant } from "./contestants.ts";
import { type Measured, measure } from "./meter.ts";
import { createRequests, type Payload, payloads } from "./payload.ts";
import { isQuiet, settled } from "./settled.ts";
import { startSink } from "./sink.ts";
import { type Running, TOKEN, withContestants } from "./start.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import type { Surroundings } from "./surroundings.ts";

/** What an event costs a gateway from capture until PostHog has it. */
export interface WholeWayCost {
  payload: string;
  worker: string;
  requestsPerRound: number;
  cpuPerEventUs: Spread;
  eventsPerSecond: number;
  /** Billed units per 1,000 events. A message is billed for each delivery that is attempted. */
  redisCommands: number;
  qstashMessages: number;
}

/** The embedded QStash is slower than the gateway, and shares the machine with it. */
const SHARE_OF_REQUESTS = 0.4;

/**
 * Measures capture and delivery together: the gateway publishes to the embedded QStash, which calls it back, and it sends
 * the events to a stand-in for PostHog. A round ends when all its events have arrived there and every message is done.
 */
export async function measureWholeWay(
  options: Surroundings & { gateways: readonly Contestant[] },
): Promise<WholeWayCost[]> {
  let arrived = 0;
  const posthog = await startSink((body) => {
    arrived += (JSON.parse(String(body)) as { batch: unknown[] }).batch.length;
  });
  const settings = { ...options.stack.env, POSTHOG_HOST: posthog.url };
  const contestants = options.gateways.map((contestant) => ({ contestant, settings }));
  try {
    return await withContestants(contestants, async (workers) => {
      const costs: WholeWayCost[] = [];
      for (const payload of payloads) {
        options.progress(`whole way, ${payload.name} …`);
        costs.push(...(await measurePayload(payload, workers, { ...options, arrived: () => arrived })));
      }
      return costs;
    });
  } finally {
    await posthog.stop();
  }
}

async function measurePayload(
  payload: Payload,
  workers: readonly Running[],
  options: Surroundings & { arrived: () => number },
): Promise<WholeWayCost[]> {
  const { stack, load, random, rounds } = options;
  const requestsPerRound = Math.max(
    1,
    Math.round(options.requests * payload.requestsFactor * SHARE_OF_REQUESTS),
  );
  const events = requestsPerRound * payload.events;
  // Never the same event twice: delivery would rightly leave it out.
  const next = createRequests(payload, random, TOKEN);
  const costs = workers.map(() => ({ measured: [] as Measured[], redisCommands: 0, qstashMessages: 0 }));

  for (let count = 0; count <= rounds; count += 1) {
    for (const [index, worker] of workers.entries()) {
      await forgetMarks(stack);
      const round = Array.from({ length: requestsPerRound }, next);
      const expected = options.arrived() + events;
      const before = stack.counters();
      const measured = await measure(worker.pid, async () => {
        await load.send(worker.url, round);
        await settled(() => options.arrived() >= expected && isQuiet(stack), `${worker.name}: delivery`);
      });
      if (options.arrived() !== expected) {
        throw new Error(
          `${worker.name}: PostHog got ${options.arrived() - expected} events more than were sent`,
        );
      }
      const cost = costs[index];
      if (count === 0 || !cost) continue;
      const after = stack.counters();
      cost.measured.push(measured);
      cost.redisCommands += after.redis.commands - before.redis.commands;
      cost.qstashMessages += after.qstash.deliveries - before.qstash.deliveries;
    }
  }

  const perThousand = (total: number) => (total * 1000) / (events * rounds);
  return workers.map((worker, index) => {
    const { measured = [], redisCommands = 0, qstashMessages = 0 } = costs[index] ?? {};
    return {
      payload: payload.name,
      worker: worker.name,
      requestsPerRound,
      cpuPerEventUs: spreadOf(measured.map(({ workerCpuMs }) => (workerCpuMs * 1000) / events)),
      eventsPerSecond: spreadOf(measured.map(({ elapsedMs }) => (events * 1000) / elapsedMs)).median,
      redisCommands: perThousand(redisCommands),
      qstashMessages: perThousand(qstashMessages),
    };
  });
}

/**
 * Takes away what recognises events that come back, as ten minutes would: the embedded Redis, unlike a real one, gets slower
 * with the size of a hash.
 */
async function forgetMarks({ redis: { url, token } }: Stack): Promise<void> {
  const redis = new Redis({ url, token });
  const marks = await redis.keys(keys.marks(TOKEN, "*"));
  if (marks.length > 0) await redis.del(...marks);
}
