import process from "node:process";
import { parseArgs } from "node:util";
import type { Sample } from "./sample.ts";
import { runSoak } from "./run.ts";

const usage = `Usage: npm run soak [-- --minutes 10 --rate 100 --seed 1]

Keeps the gateway on workerd under a steady load of events through apps of all sorts, over the embedded stack and a
redis-server on disk, and watches what it holds on to. Exits 1 when memory or a kind of the gateway's keys in Redis rises
over the second half (by more than a tenth; or 16 MB, 2 MB of live objects, 64 KB of keys, whichever is more), when a key would stay for ever, or when something is left over.

  --minutes N    how long
  --rate N       events a second
  --seed N       decides events and batches
`;

// What was started ends with this process.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));
try {
  process.exitCode = await main();
} catch (error) {
  console.error(`soak: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  process.exitCode = 1;
}

async function main(): Promise<0 | 1> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "10" },
      rate: { type: "string", default: "100" },
      seed: { type: "string", default: "1" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const judgements = await runSoak({
    minutes: positive("--minutes", values.minutes),
    eventsPerSecond: positive("--rate", values.rate),
    seed: positive("--seed", values.seed),
    onSample: (sample) => console.log(describe(sample)),
  });
  console.log();
  for (const { ok, text } of judgements) console.log(`${ok ? "✓" : "✗"} ${text}`);
  return judgements.every(({ ok }) => ok) ? 0 : 1;
}

function describe({ atSeconds, heapMb, rssMb, depth, kinds }: Sample): string {
  const { gateway, stack, redis } = rssMb;
  const memory = `heap ${heapMb.toFixed(1)} MB, gateway ${gateway.toFixed(0)} MB, stack ${stack.toFixed(0)} MB, redis ${redis.toFixed(0)} MB`;
  const keys = [...kinds]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, kind]) => `${name} ${kind.keys} (${(kind.bytes / 1000).toFixed(0)} KB)`);
  return `${atSeconds.toFixed(0)} s  ${memory}; ${depth.messages} messages waiting; ${keys.join(", ")}`;
}

function positive(option: string, text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new Error(`${option} ${text}: give a number above 0`);
}
