import process from "node:process";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { CompileError } from "../compiler/index.ts";
import { RedisUnavailableError } from "../local/redis/backend.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** What is wrong with what a person asked for, and what to do. Shown without a stack. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

/** A command was called in a way that it does not understand. Shown with its usage. */
export class WrongCall extends UsageError {
  override readonly name = "WrongCall";
}

/**
 * Runs a command with its arguments: `--help` prints the usage. Sets the exit code to 2 for a wrong call, with the usage, and to
 * 1 for what the person has to mend, with its message; anything else is a fault of ours and shown with its stack.
 */
export async function runCommand<const Given extends Options>(
  usage: string,
  options: Given,
  command: (
    positionals: string[],
    values: Omit<ReturnType<typeof parse<Given>>["values"], "help">,
  ) => Promise<void>,
): Promise<void> {
  try {
    const { positionals, values } = parse(options);
    const { help, ...given } = values as typeof values & { help?: boolean };
    if (help) console.log(usage);
    else await command(positionals, given);
  } catch (error) {
    process.exitCode = error instanceof WrongCall ? 2 : 1;
    console.error(error instanceof WrongCall ? `${error.message}\n\n${usage}` : forPerson(error));
  }
}

/** The message of what a person can mend; all else as it is, so that its stack is printed. */
function forPerson(error: unknown): unknown {
  const isTheirs =
    error instanceof UsageError || error instanceof CompileError || error instanceof RedisUnavailableError;
  return isTheirs ? error.message : error;
}

function parse<const Given extends Options>(options: Given) {
  const own = { ...options, help: { type: "boolean", short: "h" } } as const;
  let parsed: ReturnType<typeof parseArgs<{ allowPositionals: true; options: typeof own }>>;
  try {
    parsed = parseArgs({ allowPositionals: true, options: own });
  } catch (error) {
    throw new WrongCall((error as Error).message);
  }
  const swallowed = Object.keys(options).filter((name) => wasSwallowed(name, parsed.values));
  if (swallowed.length > 0) {
    const written = swallowed.map((name) => `--${name}`).join(" ");
    throw new WrongCall(`npm took ${written} for an option of its own: write -- before the options`);
  }
  return parsed;
}

/** npm has options of these names, which may be set for other reasons. */
const OPTIONS_OF_NPM: ReadonlySet<string> = new Set(["all", "json", "yes"]);

/** `npm run new x --export`, without `--`, keeps the option from the command and leaves only this trace of it. */
function wasSwallowed(name: string, values: object): boolean {
  if (Object.hasOwn(values, name) || OPTIONS_OF_NPM.has(name)) return false;
  return process.env[`npm_config_${name.replaceAll("-", "_")}`] !== undefined;
}
