import process from "node:process";
import { createInterface } from "node:readline/promises";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { connectionUsage, describeFailure, findConnection } from "../connection.ts";
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

const filters = ["project", "plugin", "hook", "error", "from", "to"] as const;

function parseArguments() {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      project: text,
      plugin: text,
      hook: text,
      error: text,
      from: text,
      to: text,
      id: { ...text, multiple: true },
      limit: text,
      url: text,
      token: text,
      all: flag,
      yes: flag,
      json: flag,
      help: flag,
    },
  });
  return { values, positionals };
}

/** Reads a request off the command line. Throws what is wrong with it. */
function readRequest({ values, positionals }: ReturnType<typeof parseArguments>): Request {
  const [command, ...named] = positionals;
  if (command !== "list" && command !== "show" && command !== "replay" && command !== "delete") {
    throw new Error(`say list, show, replay or delete${command ? `, not "${command}"` : ""}`);
  }
  const ids = [...named, ...(values.id ?? [])];
  const filter = Object.fromEntries(
    filters.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
  );
  const filtered = Object.keys(filter).length > 0;
  if (command === "show" && ids.length === 0) throw new Error("show which? Give ids, which list prints");
  if (command === "replay" || command === "delete") {
    const ways = [ids.length > 0, filtered, values.all].filter(Boolean).length;
    if (ways === 0) throw new Error(`${command} which? Give ids, filters or --all`);
    if (ways > 1) throw new Error("give ids, or filters, or --all, not several of them");
  }
  const limit = values.limit === undefined ? undefined : Number(values.limit);
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
    throw new Error(`--limit is a whole number above 0, not "${values.limit}"`);
  }
  const options = { json: values.json ?? false, yes: values.yes ?? false };
  return { command, ids, filter, ...(limit === undefined ? {} : { limit }), ...options };
}

async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

function readArguments(): { request: Request; given: ReturnType<typeof parseArguments>["values"] } {
  try {
    const parsed = parseArguments();
    if (parsed.values.help) {
      console.log(usage);
      process.exit(0);
    }
    return { request: readRequest(parsed), given: parsed.values };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return process.exit(1);
  }
}

const { request, given } = readArguments();
try {
  const client = createClient(await findConnection(given));
  const world = { client, print: console.log, tell: console.error, confirm, wait };
  process.exitCode = (await runDeadLetters(request, world)) ? 0 : 1;
} catch (error) {
  console.error(describeFailure(error));
  process.exitCode = 1;
}
