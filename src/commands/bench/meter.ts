import { performance } from "node:perf_hooks";
import process from "node:process";
import { cpuMsOf } from "./cpu.ts";

/** What some work took. */
export interface Measured {
  /** Processor time of the Worker's process, user and system. */
  workerCpuMs: number;
  /** Processor time of this process: load, sinks and the embedded stack. */
  benchCpuMs: number;
  elapsedMs: number;
}

/**
 * Does the work, and resolves to what the Worker with this process id spent on it. Rejects with what the work throws.
 */
export async function measure(pid: number, work: () => Promise<void>): Promise<Measured> {
  const startedMs = performance.now();
  const ownCpu = process.cpuUsage();
  const cpuMs = await cpuMsOf(pid);
  await work();
  const workerCpuMs = (await cpuMsOf(pid)) - cpuMs;
  const { user, system } = process.cpuUsage(ownCpu);
  return { workerCpuMs, benchCpuMs: (user + system) / 1000, elapsedMs: performance.now() - startedMs };
}
