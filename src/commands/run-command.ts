import process from "node:process";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { CompileError } from "../../compiler/index.ts";
import { UsageError } from "./project.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;

/**
 * Runs a command with its arguments: `--help` prints the usage, a wrong call exits with 2 and the usage, what the person
 * has to mend with 1 and its message.
 */
export async function runCommand<const Given extends Options>(
  usage: string,
  options: Given,
  command: (positionals: string[], values: ReturnType<typeof parse<Given>>["values"]) => Promise<void>,
): Promise<void> {
  let parsed: ReturnType<typeof parse<Given>>;
  try {
    parsed = parse(options);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if ((parsed.values as { help?: boolean }).help) {
    console.log(usage);
    return;
  }
  try {
    await command(parsed.positionals, parsed.values);
  } catch (error) {
    const isTheirs = error instanceof UsageError || error instanceof CompileError;
    console.error(isTheirs ? error.message : error);
    process.exitCode = 1;
  }
}

function parse<const Given extends Options>(options: Given) {
  return parseArgs({
    allowPositionals: true,
    options: { ...options, help: { type: "boolean", short: "h" } },
  });
}
