import { parseArgs } from "node:util";
import { mutations, underMutation } from "./mutations.ts";
import { reportFailure } from "./report.ts";
import { run } from "./run.ts";
import { scheduleOf } from "./schedule.ts";

const usage = `Usage: npm run simulate [-- --seeds 1000 --from 1]

Lives seeded schedules of trouble over the real gateway, and checks what it promises. Exits 1 when a promise was broken.

  --seeds N      how many schedules
  --from N       the first
  --seed N       one alone; with --verbose its story
  --mutations    breaks the gateway on purpose, one way after the other, until a seed notices
`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    verbose: { type: "boolean", default: false },
    mutations: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

/** Failures that are reduced and told in full; the others are named. */
const TOLD_FAILURES = 5;

if (values.help) console.log(usage);
else if (values.mutations) await tryMutations(Number(values.seeds));
else if (values.seed !== undefined) await liveOne(Number(values.seed));
else await liveMany(Number(values.from), Number(values.seeds));

async function liveOne(seed: number): Promise<void> {
  const lived = await run(scheduleOf(seed));
  if (lived.violations.length > 0) {
    console.log(await reportFailure(lived, values.verbose));
    process.exitCode = 1;
    return;
  }
  if (values.verbose) console.log(lived.story.join("\n"));
  console.log(`seed ${seed}: every promise was kept, ${lived.executions} arrivals`);
}

async function liveMany(from: number, seeds: number): Promise<void> {
  const startedMs = performance.now();
  const faults = new Map<string, number>();
  const duplicates = new Map<string, number>();
  const failed: number[] = [];
  let executions = 0;
  for (let seed = from; seed < from + seeds; seed += 1) {
    const lived = await run(scheduleOf(seed));
    executions += lived.executions;
    addAll(faults, lived.faults);
    addAll(duplicates, lived.duplicates);
    if (lived.violations.length > 0) {
      failed.push(seed);
      const isTold = failed.length <= TOLD_FAILURES;
      console.log(isTold ? `\n${await reportFailure(lived, values.verbose)}` : `\nseed ${seed} failed`);
    }
    const rate = (seed - from + 1) / ((performance.now() - startedMs) / 1000);
    const progress = `${seed - from + 1} of ${seeds} seeds, ${rate.toFixed(1)} a second, ${failed.length} failed`;
    if (process.stdout.isTTY) process.stdout.write(`\r${progress}`);
    else if ((seed - from) % 100 === 99) console.log(progress);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(`\n${seeds} seeds in ${seconds.toFixed(0)} s: ${(seeds / seconds).toFixed(1)} a second`);
  console.log(`${executions} arrivals at destinations`);
  table("faults", faults);
  table("done again, by cause", duplicates);
  console.log(
    failed.length === 0 ? "every promise was kept" : `${failed.length} failed: ${failed.join(" ")}`,
  );
  if (failed.length > 0) process.exitCode = 1;
}

/** Fails when a way to break the gateway goes unnoticed. */
async function tryMutations(seeds: number): Promise<void> {
  for (const name of Object.keys(mutations)) {
    const noticed = await underMutation(name, seeds);
    console.log(
      `${name}: ${noticed === null ? `not noticed by ${seeds} seeds` : `noticed by seed ${noticed}`}`,
    );
    if (noticed === null) process.exitCode = 1;
  }
}

function addAll(sums: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [name, number] of counts) sums.set(name, (sums.get(name) ?? 0) + number);
}

function table(title: string, counts: ReadonlyMap<string, number>): void {
  console.log(`${title}:`);
  for (const [name, number] of [...counts].toSorted(([, a], [, b]) => b - a)) {
    console.log(`  ${String(number).padStart(7)}  ${name}`);
  }
}
