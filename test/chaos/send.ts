import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "../../src/commands/bench/random.ts";
import { runClient } from "./client.ts";
import { createEvents } from "./events.ts";
import type { Ledger } from "./ledger.ts";
import { TOKEN, type World } from "./world.ts";

const CLIENTS = 8;
const PROGRESS_MS = 5000;
/** Sending may take this many times as long as it is meant to, on a machine that is busy or through outages. */
const PATIENCE = 4;

/**
 * Has eight SDK-like clients send events, spread over the time. Resolves to the number of requests by the status they got, 0
 * for no answer, when all is acknowledged or when it has taken far too long.
 */
export async function sendAll(
  world: World,
  ledger: Ledger,
  options: {
    name: string;
    share: number;
    events: number;
    sendMs: number;
    seed: number;
    progress: (line: string) => void;
  },
): Promise<Map<number, number>> {
  const { name, share, events, sendMs, seed, progress } = options;
  const answers = new Map<number, number>();
  const abort = new AbortController();
  const startMs = Date.now();
  let made = 0;
  const pace = async () => {
    const waitMs = startMs + (made / events) * sendMs - Date.now();
    if (waitMs > 0) await sleep(waitMs, undefined, { signal: abort.signal }).catch(() => {});
  };
  const client = (index: number) => {
    const random = createRandom(seed + 1 + index);
    const nextEvent = createEvents(random, () => Date.now());
    return runClient({
      url: world.gatewayUrl,
      token: TOKEN,
      events: Math.floor((events + index) / CLIENTS),
      nextEvent() {
        made += 1;
        return nextEvent();
      },
      random,
      lossShare: () => Math.min(share, 0.1),
      pace,
      onSend: ledger.sent,
      onAnswer(batch, status) {
        answers.set(status ?? 0, (answers.get(status ?? 0) ?? 0) + 1);
        if (status === 200) ledger.acknowledged(batch);
      },
      signal: abort.signal,
    });
  };
  const report = setInterval(() => {
    const refused = [...answers].reduce((sum, [status, count]) => sum + (status === 200 ? 0 : count), 0);
    progress(`${name}: ${made} of ${events} events sent, ${refused} requests refused so far`);
  }, PROGRESS_MS);
  const late = setTimeout(() => abort.abort(), sendMs * PATIENCE + 60_000);
  try {
    await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)));
  } finally {
    abort.abort();
    clearInterval(report);
    clearTimeout(late);
  }
  return answers;
}
