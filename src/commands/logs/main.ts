import { setTimeout as wait } from "node:timers/promises";
import { connectionOptions, connectionUsage, findConnection } from "../connection.ts";
import { runCommand, UsageError, WrongCall } from "../run-command.ts";
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
const filters = { level: text, hook: text, search: text, project: text };
const options = { ...filters, follow: { type: "boolean" }, ...connectionOptions } as const;

await runCommand(usage, options, async ([plugin, ...rest], { follow, url, token, ...filter }) => {
  if (plugin === undefined || rest.length > 0) throw new WrongCall("Say whose log: the folder of one app.");
  const reader = createLogReader({ connection: await findConnection({ url, token }), plugin, filter });
  const show = async () => {
    for (const entry of await reader.next()) console.log(logLine(entry));
  };
  await show();
  if (!follow) return;
  for (;;) {
    await wait(FOLLOW_EVERY_MS);
    await show().catch((error: unknown) => {
      // A gateway that is being restarted will be back.
      if (!(error instanceof UsageError)) throw error;
      console.error(error.message);
    });
  }
});
