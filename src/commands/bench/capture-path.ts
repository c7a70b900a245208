import type { Contestant } from "./contestants.ts";
import { measureRounds } from "./capture-rounds.ts";
import type { Measured } from "./meter.ts";
import { type Payload, payloads } from "./payload.ts";
import { type Sink, startSink } from "./sink.ts";
import { type Running, withContestants } from "./start.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import type { Surroundings } from "./surroundings.ts";

/** What a request costs one Worker until it is answered. */
export interface CaptureCost {
  payload: string;
  worker: string;
  requestsPerRound: number;
  cpuPerRequestUs: Spread;
  cpuPerEventUs: number;
  /** The Worker's cost by that of the bare one, compared round by round; null for the bare one itself. */
  timesBare: Spread | null;
  requestsPerSecond: number;
  /** Processor time that load and sink took for each request. */
  benchCpuPerRequestUs: number;
}

/**
 * Measures the capture path alone, bare Worker and gateways in turn within each round, when all are warm.
 * Both publish to the same sink, which answers as QStash does and delivers nothing: what a message costs later is not in
 * here, and the other side costs both the same. Redis, where apps use it, is the embedded one. With an admin, so that the
 * samples of live events are in here: one request a second.
 */
export async function measureCapturePath(
  options: Surroundings & { bare: Contestant; gateways: readonly Contestant[] },
): Promise<CaptureCost[]> {
  const sink = await startSink();
  const settings = { ...options.stack.env, QSTASH_URL: sink.url, SINK_URL: sink.url, ADMIN_TOKEN: "bench" };
  const contestants = [options.bare, ...options.gateways].map((contestant) => ({ contestant, settings }));
  try {
    return await withContestants(contestants, async (workers) => {
      const costs: CaptureCost[] = [];
      for (const payload of payloads) {
        options.progress(`capture path, ${payload.name} …`);
        costs.push(...(await measurePayload(payload, workers, sink, options)));
      }
      return costs;
    });
  } finally {
    await sink.stop();
  }
}

async function measurePayload(
  payload: Payload,
  workers: readonly Running[],
  sink: Sink,
  options: Surroundings,
): Promise<CaptureCost[]> {
  const { requestsPerRound, measured } = await measureRounds(payload, workers, sink, options);
  return workers.map((worker, index) => ({
    payload: payload.name,
    worker: worker.name,
    requestsPerRound,
    ...summarise(measured[index] ?? [], index === 0 ? null : (measured[0] ?? []), {
      requests: requestsPerRound,
      events: payload.events,
    }),
  }));
}

/** One Worker's rounds, beside those of the bare one if it is another. */
function summarise(
  rounds: readonly Measured[],
  bareRounds: readonly Measured[] | null,
  { requests, events }: { requests: number; events: number },
): Omit<CaptureCost, "payload" | "worker" | "requestsPerRound"> {
  const cpuPerRequestUs = spreadOf(rounds.map(({ workerCpuMs }) => (workerCpuMs * 1000) / requests));
  const timesBare = rounds.map(
    ({ workerCpuMs }, index) => workerCpuMs / (bareRounds?.[index]?.workerCpuMs ?? Number.NaN),
  );
  return {
    cpuPerRequestUs,
    cpuPerEventUs: cpuPerRequestUs.median / events,
    timesBare: bareRounds ? spreadOf(timesBare) : null,
    requestsPerSecond: spreadOf(rounds.map(({ elapsedMs }) => (requests * 1000) / elapsedMs)).median,
    benchCpuPerRequestUs: spreadOf(rounds.map(({ benchCpuMs }) => (benchCpuMs * 1000) / requests)).median,
  };
}
