import { createRandom } from "../../src/commands/bench/random.ts";
import { type Depth, drain } from "./drain.ts";
import { disturb } from "./disturb.ts";
import { createFaults, type Dependency } from "./faults.ts";
import { type Balance, createLedger, type Ledger } from "./ledger.ts";
import { enterDeadLetters, eternalKeys, strandedMessages } from "./remains.ts";
import { sendAll } from "./send.ts";
import { startWorld } from "./world.ts";

const PROGRESS_MS = 5000;

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
  /** What was still on its way in the end. */
  remaining: Depth;
  stranded: string[];
  eternal: string[];
  /** The gateway's last lines. */
  lines: string[];
}

/** Sends events through faults, heals everything, waits until nothing is on its way, and takes stock. */
export async function runLevel(options: LevelOptions): Promise<LevelResult> {
  const { share, progress } = options;
  const name = describeShare(share);
  const ledger = createLedger();
  const faults = createFaults(createRandom(options.seed));
  const world = await startWorld({ ...options, ledger, faults });
  try {
    const startMs = Date.now();
    const sending = sendAll(world, ledger, { ...options, name });
    const disturbing = disturb(world, faults, options).finally(() => faults.set(0));
    const [answers] = await Promise.all([sending, disturbing]);
    const sentMs = Date.now();
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
    await enterDeadLetters(world.redis, ledger);
    return {
      share,
      sendSeconds: (sentMs - startMs) / 1000,
      drainSeconds: (Date.now() - sentMs) / 1000,
      totals: ledger.totals(),
      balances: ledger.balance(),
      leaked: ledger.leaked(),
      answers,
      faults: faults.counts(),
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
