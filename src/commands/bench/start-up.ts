import { performance } from "node:perf_hooks";
import type { Contestant } from "./contestants.ts";
import { cpuMsOf } from "./cpu.ts";
import { createRequests, payloads } from "./payload.ts";
import { startSink } from "./sink.ts";
import { startContestant, TOKEN } from "./start.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import type { Surroundings } from "./surroundings.ts";

/** What it takes until a new process has acknowledged its first event, and how much code it loads for that. */
export interface StartUp {
  worker: string;
  bundleBytes: number;
  gzipBytes: number;
  firstAnswerMs: Spread;
  cpuMs: Spread;
}

/**
 * Starts each contestant `times` times, in turn, and sends it one event. The time runs from the start of the process, its
 * configuration files included, to the first 200; the processor time is that of the whole process until then.
 */
export async function measureStartUp(
  options: Surroundings & { contestants: readonly Contestant[]; times: number },
): Promise<StartUp[]> {
  const sink = await startSink();
  const settings = { ...options.stack.env, QSTASH_URL: sink.url, SINK_URL: sink.url };
  const next = createRequests(payloads[0], options.random, TOKEN);
  const starts = options.contestants.map(() => ({ firstAnswerMs: [] as number[], cpuMs: [] as number[] }));
  try {
    for (let count = 0; count < options.times; count += 1) {
      for (const [index, contestant] of options.contestants.entries()) {
        const request = next();
        const startedMs = performance.now();
        const worker = await startContestant(contestant, settings);
        try {
          await options.load.send(worker.url, [request]);
          starts[index]?.firstAnswerMs.push(performance.now() - startedMs);
          starts[index]?.cpuMs.push(await cpuMsOf(worker.pid));
        } finally {
          await worker.stop();
        }
      }
    }
  } finally {
    await sink.stop();
  }
  return options.contestants.map(({ name, bytes, gzipBytes }, index) => ({
    worker: name,
    bundleBytes: bytes,
    gzipBytes,
    firstAnswerMs: spreadOf(starts[index]?.firstAnswerMs ?? []),
    cpuMs: spreadOf(starts[index]?.cpuMs ?? []),
  }));
}
