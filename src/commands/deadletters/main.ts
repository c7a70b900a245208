import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { confirm } from "../confirm.ts";
import { connectionOptions, connectionUsage, findConnection } from "../connection.ts";
import { runCommand, WrongCall } from "../run-command.ts";
import { createClient } from "./client.ts";
import { type Request, runDeadLetters } from "./run.ts";

const usage = `Usage: npm run deadletters -- list|show|replay|delete [<id> …] [options]

Looks at what destinations did not take, sends it there again, or deletes it, by way of a running gateway's admin API.

  list                the newest 50, or --limit <n>
  show <id> …         all of a letter, with what is in it
  replay, delete      of the letters with these ids, of those that the filters find, or of --all

  --project <token>   of one project
  --plugin <app>      of one app
  --hook <hook>       of one hook: onEvent, exportEvents, jobs.<name>, posthog …
  --error <text>      with this text in their error
  --from, --to <time> that failed last in this time, for instance 2030-01-31T12:00:00Z
  --yes               does not ask
  --json              writes JSON
${connectionUsage}`;

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const filters = { project: text, plugin: text, hook: text, error: text, from: text, to: text };
const options = { ...filters, limit: text, all: flag, yes: flag, json: flag, ...connectionOptions } as const;

await runCommand(usage, options, async (words, { url, token, ...values }) => {
  const request = readRequest(words, values);
  const client = createClient(await findConnection({ url, token }));
  const world = { client, print: console.log, tell: console.error, confirm, wait };
  if (!(await runDeadLetters(request, world))) process.exitCode = 1;
});

/** Reads a request off the command line. Throws `WrongCall`. */
function readRequest(
  [command, ...ids]: readonly string[],
  { limit: most, all, json = false, yes = false, ...given }: GivenOptions,
): Request {
  if (command !== "list" && command !== "show" && command !== "replay" && command !== "delete") {
    throw new WrongCall(`say list, show, replay or delete${command ? `, not "${command}"` : ""}`);
  }
  const filter = Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  if (command === "show" && ids.length === 0) throw new WrongCall("show which? Give ids, which list prints");
  if (command === "replay" || command === "delete") {
    const ways = [ids.length > 0, Object.keys(filter).length > 0, all].filter(Boolean).length;
    if (ways === 0) throw new WrongCall(`${command} which? Give ids, filters or --all`);
    if (ways > 1) throw new WrongCall("give ids, or filters, or --all, not several of them");
  }
  const limit = most === undefined ? undefined : Number(most);
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
    throw new WrongCall(`--limit is a whole number above 0, not "${most}"`);
  }
  return { command, ids, filter, ...(limit === undefined ? {} : { limit }), json, yes };
}

type GivenOptions = { [name in keyof typeof filters | "limit"]?: string | undefined } & {
  [name in "all" | "json" | "yes"]?: boolean | undefined;
};
