import { buildBundle } from "../runtimes/start.ts";
import { type LevelResult, runLevel } from "./level.ts";

/** Events on their way when sending ends need this long, and a batch that a crash left behind waits 5 minutes for the sweep. */
const DRAIN_MS = 420_000;

export interface ChaosOptions {
  /** Shares of failing requests, 0 to 1; each is a level of its own, on processes of its own. */
  shares: readonly number[];
  /** In all levels together. */
  events: number;
  sendMsPerLevel: number;
  speed: number;
  seed: number;
  progress: (line: string) => void;
}

/** Runs the levels one after the other, and leaves nothing behind. Rejects when the system cannot be started. */
export async function runChaos(options: ChaosOptions): Promise<LevelResult[]> {
  options.progress("building …");
  const { bundle, remove } = await buildBundle("workerd", new URL("apps", import.meta.url).pathname);
  try {
    const results: LevelResult[] = [];
    for (const [index, share] of options.shares.entries()) {
      results.push(
        await runLevel({
          ...options,
          bundle,
          share,
          events: Math.ceil(options.events / options.shares.length),
          sendMs: options.sendMsPerLevel,
          drainMs: DRAIN_MS,
          seed: options.seed + 1000 * index,
        }),
      );
    }
    return results;
  } finally {
    await remove();
  }
}
