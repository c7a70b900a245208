import { existsSync } from "node:fs";
import { cpus } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { formatReport } from "./report.ts";
import { runBenchmark } from "./run.ts";

const usage = `Usage: npm run bench [-- --requests 150 --rounds 7 --json]

Measures what the gateway costs on workerd, against a bare Worker that only decompresses, parses, serialises and makes one
fetch. Everything runs on this machine: the embedded Redis and QStash, and a stand-in for PostHog. Takes about a minute.

  --requests N   requests of a round with 50 events each; four times as many with one event, half with 100
  --rounds N     rounds, after some that do not count; also how often each bundle is started
  --json         one JSON object instead of tables: times in µs and ms, sizes in bytes
`;

try {
  await main();
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      requests: { type: "string", default: "150" },
      rounds: { type: "string", default: "7" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  if (!existsSync("/proc/self/stat")) {
    throw new Error(
      "this machine has no /proc, where processor time is read: run it on Linux, or in a Linux container",
    );
  }
  const requests = positive("--requests", values.requests);
  const rounds = positive("--rounds", values.rounds);
  // Standard output is for the results.
  const results = await runBenchmark({ requests, rounds, progress: (line) => console.error(line) });
  const machine = { processor: cpus()[0]?.model ?? "unknown", cores: cpus().length, node: process.version };
  if (values.json) {
    console.log(JSON.stringify({ machine, ...results }, null, 2));
    return;
  }
  console.log(
    `\n${machine.processor.trim()}, ${machine.cores} cores, Node ${machine.node}\n\n${formatReport(results)}\n`,
  );
}

function positive(option: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 100_000) return number;
  throw new Error(`${option} ${text} is not a count: give a whole number from 1 to 100000`);
}
