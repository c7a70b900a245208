import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import type { Report, RunOptions } from "./run.ts";

/** A chunk takes seconds; after this long a request has hung so that not even timers run. */
const SILENCE_MS = 180_000;

const usage = `Usage: npm run fuzz [-- --door front|back --requests 200000 --seed N]

Sends damaged requests to where SDKs send (front), or forges what QStash sends (back). Exits 1 at the first request that
is not answered as it must be, and says how to send it again.
`;

const { values } = parseArgs({
  options: {
    help: { type: "boolean", default: false },
    door: { type: "string", default: "front" },
    requests: { type: "string", default: "200000" },
    seed: { type: "string" },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const options: RunOptions = {
  door: doorNamed(values.door),
  requests: wholeNumber("requests", values.requests),
  seed: values.seed === undefined ? Date.now() % 1_000_000_000 : wholeNumber("seed", values.seed),
};
process.exit(await fuzz(options));

/** @returns the exit code: 0 only when every request was answered as it must be */
function fuzz(workerData: RunOptions): Promise<0 | 1> {
  const { door } = workerData;
  console.log(`fuzzing the ${door} door with ${workerData.requests} requests, seed ${workerData.seed}`);
  const worker = new Worker(new URL("run.ts", import.meta.url), { workerData });
  let seed = workerData.seed;
  return new Promise((resolve) => {
    const fail = (why: string) => {
      console.error(`FAILED under seed ${seed}: ${why}`);
      console.error(`again: npm run fuzz -- --door ${door} --requests 2000 --seed ${seed}`);
      resolve(1);
    };
    const hung = () => fail(`nothing was heard for ${SILENCE_MS / 1000} s, a request hangs`);
    let watchdog = setTimeout(hung, SILENCE_MS);
    worker.on("message", (report: Report) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(hung, SILENCE_MS);
      if (report.type === "failed") return fail(`${report.error}\n${report.request}`);
      if (report.type === "finished") {
        console.log(`all ${report.done} requests were answered as they must be`);
        return resolve(0);
      }
      seed = report.seed;
      console.log(`${report.done} done, ${report.rssMb} MB, seed ${report.seed}`);
    });
    worker.on("error", (error) => fail(String(error)));
    worker.on("exit", (code) => code !== 0 && fail(`the run ended with exit code ${code}`));
  });
}

/** The front is what SDKs call, the back what QStash does. */
function doorNamed(name: string): RunOptions["door"] {
  if (name === "front" || name === "back") return name;
  console.error(`--door must be front or back, and is ${JSON.stringify(name)}`);
  return process.exit(2);
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name} must be a whole number, and is ${JSON.stringify(text)}`);
  return process.exit(2);
}
