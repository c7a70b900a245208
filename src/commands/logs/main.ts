import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { connectionUsage, describeFailure, findConnection } from "../connection.ts";
import { logLine } from "./line.ts";
import { createLogReader } from "./reader.ts";

const usage = `Usage: npm run logs -- <app> [options]

Shows what an app has logged, by way of a running gateway's admin API.

  --follow            goes on showing what comes
  --level <level>     debug, log, info, warn or error: this and what is more serious
  --hook <hook>       of one hook, for instance processEvent
  --search <text>     messages with this text
  --project <token>   where the app runs for several projects
${connectionUsage}`;

const FOLLOW_EVERY_MS = 2000;

const text = { type: "string" } as const;
const { values, positionals } = parseArguments();
const [plugin] = positionals;
if (values.help || plugin === undefined || positionals.length > 1) {
  console.log(usage);
  process.exit(values.help ? 0 : 1);
}

const connection = await findConnection(values).catch((error: Error) => {
  console.error(error.message);
  return process.exit(1);
});
const { level, hook, search, project } = values;
const filters = Object.entries({ level, hook, search, project }).filter(([, value]) => value !== undefined);
const reader = createLogReader({
  ...connection,
  plugin,
  filters: Object.fromEntries(filters) as Record<string, string>,
  fetch,
});

const show = async () => {
  for (const entry of await reader.next()) console.log(logLine(entry));
};
const complain = (error: unknown) => console.error(describeFailure(error));
try {
  await show();
} catch (error) {
  complain(error);
  process.exit(1);
}
while (values.follow) {
  await wait(FOLLOW_EVERY_MS);
  // A gateway that is being restarted will be back.
  await show().catch(complain);
}

function parseArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        follow: { type: "boolean" },
        help: { type: "boolean" },
        level: text,
        hook: text,
        search: text,
        project: text,
        url: text,
        token: text,
      },
    });
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return process.exit(1);
  }
}
