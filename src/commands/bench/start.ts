import { type RunningWorker, startWorker } from "../../local/workerd.ts";
import { compatibility } from "../bundle.ts";
import type { Contestant } from "./contestants.ts";
import { freePort } from "../../local/free-port.ts";

/** The project whose events are sent. */
export const TOKEN = "phc_bench";

/** workerd says so at each start, of a flag that wrangler wants all the same. */
const KNOWN_NOTE = "compatibility flag nodejs_compat became the default";

export type Settings = Readonly<Record<string, string>>;

/**
 * Starts a contestant in workerd, as it would be deployed. Without a `PUBLIC_URL` in `settings` messages come back to the
 * gateway itself. What it logs goes to standard error, so that faults are seen.
 */
export async function startContestant(contestant: Contestant, settings: Settings): Promise<RunningWorker> {
  const port = await freePort();
  return startWorker({
    bundle: contestant.bundle,
    port,
    bindings: { PROJECT_TOKENS: TOKEN, PUBLIC_URL: `http://127.0.0.1:${port}`, ...settings },
    compatibility: await compatibility(),
    log(line) {
      if (!line.includes(KNOWN_NOTE)) console.error(`${contestant.name}: ${line}`);
    },
  });
}

/** Starts several, does something with them, and stops them whatever happens. */
export async function withContestants<Result>(
  contestants: readonly { contestant: Contestant; settings: Settings }[],
  work: (running: readonly Running[]) => Promise<Result>,
): Promise<Result> {
  const running: Running[] = [];
  try {
    for (const { contestant, settings } of contestants) {
      running.push({ name: contestant.name, ...(await startContestant(contestant, settings)) });
    }
    return await work(running);
  } finally {
    await Promise.all(running.map((worker) => worker.stop()));
  }
}

export interface Running extends RunningWorker {
  name: string;
}
