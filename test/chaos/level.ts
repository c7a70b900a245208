import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "../../src/commands/bench/random.ts";
import { runClient } from "./client.ts";
import { type Depth, drain } from "./drain.ts";
import { createEvents } from "./events.ts";
import { createFaults, type Dependency, type Faults } from "./faults.ts";
import { type Balance, createLedger, type Ledger } from "./ledger.ts";
import { enterDeadLetters, eternalKeys, strandedMessages } from "./remains.ts";
import { processes, startWorld, TOKEN, type World } from "./world.ts";

const CLIENTS = 8;
const PROGRESS_MS = 5000;
/** Sending may take this many times as long as it is meant to, on a machine that is busy or through outages. */
const SENDING_PATIENCE = 4;

/** What a level is to be like. */
export interface LevelOptions {
  bundle: string;
  /** Share of the requests to each dependency that fail, 0 to 1; 1 = each dependency is away for a while. */
  share: number;
  events: number;
  sendMs: number;
  drainMs: number;
  speed: number;
  seed: number;
  progress: (line: string) => void;
}

/** What came of it. */
export interface LevelResult {
  share: number;
  sendSeconds: number;
  drainSeconds: number;
  totals: ReturnType<Ledger["totals"]>;
  balances: Balance[];
  leaked: string[];
  /** Requests of SDKs by the status they got; 0 is no answer. */
  answers: Map<number, number>;
  faults: Readonly<Record<Dependency, number>>;
  deadLetters: number;
  /** What was still on its way in the end. */
  remaining: Depth;
  stranded: string[];
  eternal: string[];
  /** The gateway's last lines. */
  lines: string[];
}

/** Outages of the level at which everything fails, one after the other with a pause between them. */
const OUTAGES: readonly (readonly Dependency[])[] = [
  ["posthog"],
  ["redis"],
  ["export", "hooks"],
  ["qstash"],
  ["delivery"],
  ["redis", "qstash"],
];

/** Sends events through faults, heals everything, waits until nothing is on its way, and takes stock. */
export async function runLevel(options: LevelOptions): Promise<LevelResult> {
  const { share, progress } = options;
  const ledger = createLedger();
  const faults = createFaults(createRandom(options.seed));
  const world = await startWorld({ ...options, ledger, faults });
  try {
    const startMs = Date.now();
    const answers = await send(world, ledger, faults, options);
    const sentMs = Date.now();
    const name = describeShare(share);
    let nextReportMs = 0;
    const remaining = await drain(world, {
      patienceMs: options.drainMs,
      onLook({ messages, buffers }) {
        if (Date.now() < nextReportMs) return;
        nextReportMs = Date.now() + PROGRESS_MS;
        progress(
          `${name}: all sent and healed; ${messages} messages and ${buffers} buffer keys on their way`,
        );
      },
    });
    const deadLetters = await enterDeadLetters(world.redis, ledger);
    return {
      share,
      sendSeconds: (sentMs - startMs) / 1000,
      drainSeconds: (Date.now() - sentMs) / 1000,
      totals: ledger.totals(),
      balances: ledger.balance(),
      leaked: ledger.leaked(),
      answers,
      faults: faults.counts(),
      deadLetters,
      remaining,
      stranded: await strandedMessages(world.redis),
      eternal: await eternalKeys(world.redis),
      lines: [...world.lines],
    };
  } finally {
    await world.stop();
  }
}

export function describeShare(share: number): string {
  return `${share * 100} %`;
}

async function send(
  world: World,
  ledger: Ledger,
  faults: Faults,
  { share, events, sendMs, seed, progress }: LevelOptions,
): Promise<Map<number, number>> {
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
    progress(`${describeShare(share)}: ${made} of ${events} events sent, ${refused} requests refused so far`);
  }, PROGRESS_MS);
  const late = setTimeout(() => abort.abort(), sendMs * SENDING_PATIENCE + 60_000);
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)));
  try {
    await Promise.all([
      clients,
      disturb(world, faults, share, sendMs, progress).finally(() => faults.set(0)),
    ]);
  } finally {
    abort.abort();
    clearInterval(report);
    clearTimeout(late);
  }
  return answers;
}

/** Lets faults happen while events are sent, and kills each process once. */
async function disturb(
  world: World,
  faults: Faults,
  share: number,
  sendMs: number,
  progress: (line: string) => void,
): Promise<void> {
  if (share === 0) return;
  if (share < 1) faults.set(share);
  const crashes = async () => {
    for (const name of processes) {
      await sleep(sendMs / (processes.length + 1));
      progress(`kill -9 ${name} (process ${world.pids()[name]})`);
      await world.crash(name);
    }
  };
  const outages = async () => {
    for (const away of share < 1 ? [] : OUTAGES) {
      progress(`away: ${away.join(" and ")}`);
      faults.set(1, away);
      await sleep((sendMs / OUTAGES.length) * 0.8);
      faults.set(0, away);
      await sleep((sendMs / OUTAGES.length) * 0.2);
    }
  };
  await Promise.all([crashes(), outages()]);
}
