import { createRedisCommandExecutor, type CommandExecutor } from "js-redis-server/core";

/** As js-redis-server marks, for its MONITOR, the calls that come from a Lua script. */
const SCRIPT_ADDRESS = "lua";

/**
 * js-redis-server's command engine, with what it lacks: `onScriptCall` learns of every command that a Lua script calls and
 * of the session that runs the script, and `MAXLEN = n` is understood.
 */
export function createEngine({ onScriptCall }: { onScriptCall: (session: object) => void }): CommandExecutor {
  const engine = createRedisCommandExecutor({
    policies: [
      {
        name: "script-calls",
        beforeExecute(_plan, context) {
          if (context.monitor?.clientAddress === SCRIPT_ADDRESS) onScriptCall(context.session);
        },
      },
    ],
  });
  // Every command is planned here, those of scripts and transactions too.
  const plan = engine.plan.bind(engine);
  engine.plan = (name, args) => plan(name, withoutExactMark(name.toString(), args));
  return engine;
}

/** js-redis-server 0.3.0 takes `MAXLEN n` and `MAXLEN ~ n`, but not `MAXLEN = n`, which is the first one's long form. */
function withoutExactMark(name: string, args: readonly Buffer[]): readonly Buffer[] {
  const option = firstOption(name, args);
  if (option === null || !isWord(args[option], "MAXLEN", "MINID") || !isWord(args[option + 1], "="))
    return args;
  return args.toSpliced(option + 1, 1);
}

function firstOption(name: string, args: readonly Buffer[]): number | null {
  switch (name.toUpperCase()) {
    case "XTRIM":
      return 1;
    case "XADD":
      return isWord(args[1], "NOMKSTREAM") ? 2 : 1;
    default:
      return null;
  }
}

function isWord(argument: Buffer | undefined, ...words: string[]): boolean {
  return argument !== undefined && words.includes(argument.toString().toUpperCase());
}
