import { measureRounds } from "./capture-rounds.ts";
import type { Contestant } from "./contestants.ts";
import { payloads } from "./payload.ts";
import { startSink } from "./sink.ts";
import { withContestants } from "./start.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import type { Surroundings } from "./surroundings.ts";

/** What the chain itself costs, without what apps do. */
export interface ChainOverhead {
  apps: number;
  payload: string;
  requestsPerRound: number;
  cpuPerEventAndAppUs: Spread;
}

/**
 * Measures the gateway with apps that hand each event on as it is against the gateway without apps, in turn. The
 * difference holds all that grows with apps: the calls, the markers, and the bytes that these add to the message.
 */
export async function measureChainOverhead(
  options: Surroundings & { without: Contestant; idle: { contestant: Contestant; apps: number } },
): Promise<ChainOverhead> {
  const [, payload] = payloads;
  const { apps } = options.idle;
  options.progress(`chain, ${apps} idle apps, ${payload.name} …`);
  const sink = await startSink();
  const settings = { ...options.stack.env, QSTASH_URL: sink.url };
  const contestants = [options.without, options.idle.contestant].map((contestant) => ({
    contestant,
    settings,
  }));
  try {
    return await withContestants(contestants, async (workers) => {
      const { requestsPerRound, measured } = await measureRounds(payload, workers, sink, options);
      const [without = [], idle = []] = measured;
      const calls = requestsPerRound * payload.events * apps;
      const differences = idle.map(
        ({ workerCpuMs }, round) => workerCpuMs - (without[round]?.workerCpuMs ?? Number.NaN),
      );
      return {
        apps,
        payload: payload.name,
        requestsPerRound,
        cpuPerEventAndAppUs: spreadOf(differences.map((cpuMs) => (cpuMs * 1000) / calls)),
      };
    });
  } finally {
    await sink.stop();
  }
}
