import process from "node:process";
import { parseArgs } from "node:util";
import { startStack } from "./stack.ts";

const usage = `Starts Redis and QStash as Upstash serves them, on this machine.

  node src/local/main.ts [--redis-port N] [--qstash-port N]

Ports are free ones without these options. With REDIS_URL in the environment everything is kept in that Redis and survives
a restart, otherwise in memory. Prints the settings to use as NAME=value, then "ready".`;

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      "redis-port": { type: "string" },
      "qstash-port": { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(usage);
    return;
  }
  const redisUrl = process.env["REDIS_URL"];
  const stack = await startStack({
    ...(redisUrl ? { redisUrl } : {}),
    redisPort: port("--redis-port", values["redis-port"]),
    qstashPort: port("--qstash-port", values["qstash-port"]),
    // Standard output is for the settings.
    log: (line) => console.error(line),
  });
  for (const [name, value] of Object.entries(stack.env)) console.log(`${name}=${value}`);
  console.log("ready");

  const stop = async () => {
    await stack.stop();
    process.exit(0);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

function port(option: string, text: string | undefined): number {
  const number = Number(text ?? 0);
  if (Number.isInteger(number) && number >= 0 && number < 65_536) return number;
  throw new Error(`${option} ${text} is not a port: give a number from 0 to 65535, 0 for a free one.`);
}
