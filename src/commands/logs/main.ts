import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { parseAdminTokens } from "../../admin/access/tokens.ts";
import { readDevVars } from "../dev-vars.ts";
import { logLine } from "./line.ts";
import { createLogReader } from "./reader.ts";

const usage = `Usage: npm run logs -- <app> [options]

Shows what an app has logged, by way of a running gateway's admin API.

  --follow            goes on showing what comes
  --level <level>     debug, log, info, warn or error: this and what is more serious
  --hook <hook>       of one hook, for instance processEvent
  --search <text>     messages with this text
  --project <token>   where the app runs for several projects
  --url <address>     of the gateway; else PUBLIC_URL, else http://127.0.0.1:8787
  --token <token>     else ADMIN_TOKEN

PUBLIC_URL and ADMIN_TOKEN are read from the environment and .dev.vars. "npm run dev" prints its token.
`;

const FOLLOW_EVERY_MS = 2000;

const text = { type: "string" } as const;
const { values, positionals } = parseArguments();
const [plugin] = positionals;
if (values.help || plugin === undefined || positionals.length > 1) {
  console.log(usage);
  process.exit(values.help ? 0 : 1);
}

const settings = { ...(await readDevVars()), ...process.env };
// Of several tokens, any may read.
const parsed = parseAdminTokens(settings["ADMIN_TOKEN"] ?? "");
const token = values.token || ("tokens" in parsed && parsed.tokens[0]?.secret);
if (!token) {
  console.error("The ADMIN_TOKEN is missing: give --token, or set it in .dev.vars or the environment");
  process.exit(1);
}
const { level, hook, search, project } = values;
const filters = Object.entries({ level, hook, search, project }).filter(([, value]) => value !== undefined);
const reader = createLogReader({
  url: values.url || settings["PUBLIC_URL"] || "http://127.0.0.1:8787",
  token,
  plugin,
  filters: Object.fromEntries(filters) as Record<string, string>,
  fetch,
});

const show = async () => {
  for (const entry of await reader.next()) console.log(logLine(entry));
};
const complain = (error: Error) =>
  console.error(error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message);
try {
  await show();
} catch (error) {
  complain(error as Error);
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
