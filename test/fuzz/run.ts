import fc from "fast-check";
import { setImmediate } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { forgeries } from "./backdoor/forgeries.ts";
import { describeRequest, type FuzzRequest } from "./request.ts";
import { anyRequests, mutatedRequests, validRequests } from "./requests.ts";
import { type Check, createTarget } from "./target.ts";

/** What the run is asked for. */
export interface RunOptions {
  door: "front" | "back";
  requests: number;
  seed: number;
}

/** What the run reports: before and after each chunk, and how it ended. */
export type Report =
  | { type: "chunk"; seed: number; done: number; rssMb: number }
  | { type: "failed"; seed: number; request: string; error: string }
  | { type: "finished"; done: number };

/** Requests under one seed: few enough that a failing one is found again in seconds. */
const CHUNK = 2000;
/** The process's memory, generously: 32 MB of JSON take several times that when they are parsed. */
const MAX_RSS_MB = 1000;
/** How long to look for a smaller request that fails as well. */
const SHRINK_MS = 30_000;

/** What is sent, and what must hold for it. */
interface Door {
  requests: fc.Arbitrary<FuzzRequest>;
  check: Check;
}

async function openDoor(door: RunOptions["door"]): Promise<Door> {
  switch (door) {
    case "front":
      // One in four requests is valid, and must come out as it went in.
      return {
        requests: fc.oneof(anyRequests, mutatedRequests, mutatedRequests, validRequests),
        check: createTarget(),
      };
    case "back": {
      // The whole gateway, which the front door does without.
      const { startBackDoor } = await import("./backdoor/target.ts");
      const { routes, check } = await startBackDoor();
      return { requests: forgeries(routes), check };
    }
  }
}

/** Runs in a thread of its own, so that a loop without end can be seen from outside. */
async function run(options: RunOptions, report: (report: Report) => void): Promise<void> {
  const door = await openDoor(options.door);
  const { requests } = door;
  const check = async (request: FuzzRequest) => {
    await door.check(request);
    // As between the requests of a server: without a turn of the event loop nothing finalised is ever freed.
    await setImmediate();
  };
  for (let done = 0; done < options.requests; done += CHUNK) {
    const seed = options.seed + done / CHUNK;
    const rssMb = Math.round(process.memoryUsage().rss / 1024 / 1024);
    report({ type: "chunk", seed, done, rssMb });
    if (rssMb > MAX_RSS_MB) {
      return report({ type: "failed", seed, request: "the one before", error: `memory grew to ${rssMb} MB` });
    }
    const result = await fc.check(fc.asyncProperty(requests, check), {
      seed,
      numRuns: Math.min(CHUNK, options.requests - done),
      interruptAfterTimeLimit: SHRINK_MS,
      markInterruptAsFailure: false,
    });
    if (result.failed) {
      const [request] = result.counterexample ?? [];
      const error = result.errorInstance;
      return report({
        type: "failed",
        seed,
        request: request === undefined ? "unknown" : describeRequest(request),
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
  }
  report({ type: "finished", done: options.requests });
}

await run(workerData as RunOptions, (report) => parentPort?.postMessage(report, []));
