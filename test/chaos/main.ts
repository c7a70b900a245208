import process from "node:process";
import { parseArgs } from "node:util";
import { findings, formatReport, formatSummary } from "./report.ts";
import { runChaos } from "./run.ts";

const usage = `Usage: npm run chaos [-- --events 100000 --levels 0,1,10,100 --minutes 10 --seed 1]

Sends events to the gateway on workerd while everything around it fails, then heals it, waits until nothing is on its way,
and looks for each acknowledged event: at PostHog, at the export, at what the hooks call, and among the dead letters. Needs
redis-server and runs on this machine alone: Redis on disk, the embedded stack, and the gateway, each a process that is
killed once a level. Exits 1 when an event was lost, when something is left over, or when a key would stay for ever.

  --events N     in all levels together
  --levels L     parts of the requests to each dependency that fail, in percent; 100 takes one after the other away
  --minutes N    what the whole run takes, about; two fifths of it events are sent, the rest is for what is on its way
  --speed N      by how much shorter messages wait in QStash than the gateway asks (default 10; 1 as in earnest)
  --seed N       decides events, batches and faults; not how processes interleave
  --quick        2,000 events at 10 %, about a minute
`;

// What was started ends with this process.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));
try {
  process.exitCode = await main();
} catch (error) {
  console.error(`chaos: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  process.exitCode = 1;
}

async function main(): Promise<0 | 1> {
  const { values } = parseArgs({
    options: {
      events: { type: "string" },
      levels: { type: "string" },
      minutes: { type: "string" },
      speed: { type: "string", default: "10" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const standard = values.quick
    ? { events: "2000", levels: "10", minutes: "1" }
    : { events: "100000", levels: "0,1,10,100", minutes: "10" };
  const seed = number("--seed", values.seed, 0);
  const shares = (values.levels ?? standard.levels)
    .split(",")
    .map((text) => number("--levels", text, 0) / 100);
  const minutes = number("--minutes", values.minutes ?? standard.minutes, 0.1);
  const startMs = Date.now();
  console.log(`seed ${seed}`);
  const results = await runChaos({
    shares,
    events: number("--events", values.events ?? standard.events, 1),
    sendMsPerLevel: (minutes * 60_000 * 0.4) / shares.length,
    speed: number("--speed", values.speed, 1),
    seed,
    progress: (line) => console.error(`${Math.round((Date.now() - startMs) / 1000)} s  ${line}`),
  });
  console.log(`\n${formatReport(results)}\n\n${formatSummary(results)}\n`);
  const failed = results.filter((result) => findings(result).length > 0);
  if (failed.length === 0) {
    console.log("Every acknowledged event arrived, or stands as a dead letter.");
    return 0;
  }
  for (const result of failed) {
    console.log(`${findings(result).join("\n")}\nThe gateway's last words:\n${result.lines.join("\n")}\n`);
  }
  console.log(`Again: npm run chaos -- --levels ${shares.map((share) => share * 100)} --seed ${seed}`);
  return 1;
}

function number(option: string, text: string, least: number): number {
  const value = Number(text);
  if (text !== "" && Number.isFinite(value) && value >= least) return value;
  throw new Error(`${option} ${text}: give a number from ${least} on`);
}
