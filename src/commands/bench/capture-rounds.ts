import { type Measured, measure } from "./meter.ts";
import { createRequests, type Payload } from "./payload.ts";
import type { Sink } from "./sink.ts";
import { type Running, TOKEN } from "./start.ts";
import type { Surroundings } from "./surroundings.ts";

/** Bodies made before the clock runs. They come again: only delivery looks for duplicates, and nothing is delivered here. */
const DISTINCT_REQUESTS = 100;

/** Rounds that do not count, in which V8 compiles what is hot. */
const WARM_UP_ROUNDS = 4;

/**
 * Sends rounds of the same requests to each Worker in turn, when all are warm; resolves to what each round cost, by Worker.
 * Rejects when a Worker does not publish one message for each request.
 */
export async function measureRounds(
  payload: Payload,
  workers: readonly Running[],
  sink: Sink,
  { load, random, requests, rounds }: Surroundings,
): Promise<{ requestsPerRound: number; measured: Measured[][] }> {
  const requestsPerRound = Math.max(1, Math.round(requests * payload.requestsFactor));
  const distinct = Array.from(
    { length: Math.min(DISTINCT_REQUESTS, requestsPerRound) },
    createRequests(payload, random, TOKEN),
  );
  const round = Array.from(
    { length: requestsPerRound },
    (_, index) => distinct[index % distinct.length],
  ).filter((request) => request !== undefined);
  const measured = workers.map((): Measured[] => []);
  for (let count = 0; count < WARM_UP_ROUNDS + rounds; count += 1) {
    for (const [index, worker] of workers.entries()) {
      const before = sink.requests();
      const cost = await measure(worker.pid, () => load.send(worker.url, round));
      const published = sink.requests() - before;
      if (published !== round.length) {
        throw new Error(
          `${worker.name} answered ${round.length} requests with 200, and published ${published}`,
        );
      }
      if (count >= WARM_UP_ROUNDS) measured[index]?.push(cost);
    }
  }
  return { requestsPerRound, measured };
}
