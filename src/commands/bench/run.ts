import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startStack } from "../../local/stack.ts";
import { type CaptureBill, countCaptureBill } from "./capture-bill.ts";
import { type CaptureCost, measureCapturePath } from "./capture-path.ts";
import { type ChainOverhead, measureChainOverhead } from "./chain-overhead.ts";
import { buildContestants } from "./contestants.ts";
import { createLoad } from "./load.ts";
import { createRandom } from "./random.ts";
import { measureStartUp, type StartUp } from "./start-up.ts";
import type { Surroundings } from "./surroundings.ts";
import { measureWholeWay, type WholeWayCost } from "./whole-way.ts";

/** All that the benchmark measured. */
export interface Results {
  requests: number;
  rounds: number;
  capturePath: CaptureCost[];
  chainOverhead: ChainOverhead;
  wholeWay: WholeWayCost[];
  captureBill: CaptureBill[];
  startUp: StartUp[];
}

/** The same events in every run. */
const SEED = 20_261_001;

/**
 * Builds, starts and measures everything, some 70 s for 150 requests and 7 rounds; leaves nothing behind. `progress` hears
 * what is being done. Rejects when a Worker fails at its work.
 */
export async function runBenchmark(options: {
  requests: number;
  rounds: number;
  progress: (line: string) => void;
}): Promise<Results> {
  const { requests, rounds, progress } = options;
  const directory = await mkdtemp(join(tmpdir(), "edgehog-bench-"));
  const load = createLoad();
  try {
    progress("building …");
    const { bare, gateways, idle } = await buildContestants(directory);
    const stack = await startStack();
    try {
      // One stream for all, since the gateway and QStash remember what they have seen.
      const random = createRandom(SEED);
      const surroundings: Surroundings = { stack, load, random, requests, rounds, progress };
      const capturePath = await measureCapturePath({ bare, gateways, ...surroundings });
      const chainOverhead = await measureChainOverhead({ without: gateways[0], idle, ...surroundings });
      const wholeWay = await measureWholeWay({ gateways, ...surroundings });
      progress("counting and starting …");
      const captureBill = await countCaptureBill({ gateways, ...surroundings });
      const startUp = await measureStartUp({
        ...surroundings,
        contestants: [bare, ...gateways],
        times: rounds,
      });
      return { requests, rounds, capturePath, chainOverhead, wholeWay, captureBill, startUp };
    } finally {
      await stack.stop();
    }
  } finally {
    load.stop();
    await rm(directory, { recursive: true, force: true });
  }
}
