import { ClientSession, RedisResult, RedisServerState } from "js-redis-server/core";
import { RedisReplyError, RedisUnavailableError, type Command, type RedisBackend } from "./backend.ts";
import { createEngine } from "./memory-engine.ts";
import { readEngineValue } from "./memory-reply.ts";
import { runTransaction } from "./transaction.ts";
import { errorsAsText, type WireReply } from "./wire-reply.ts";

/** Each runs its script in a session of its own, so that the script's calls can be told from other scripts'. */
const SCRIPT_COMMANDS = new Set(["EVAL", "EVAL_RO", "EVALSHA", "EVALSHA_RO", "FCALL", "FCALL_RO"]);

/**
 * A Redis in this process (js-redis-server, commands of Redis 8.0): everything is lost with the process.
 *
 * It skips sockets and the wire encoding: commands go to the engine's sessions, and replies are shaped as RESP2 would.
 *
 * Known to differ from Redis: a script that returns several values yields the last, not the first; `error({ err = … })` in
 * a script loses its code; XPENDING's summary counts consumers in numbers; there is no ECHO, OBJECT, DUMP, RESTORE, MEMORY,
 * LCS, WAIT, DELEX, XACKDEL or JSON.*.
 */
export function createMemoryBackend(): RedisBackend {
  const state = new RedisServerState();
  const observers = new WeakMap<object, () => void>();
  const executor = createEngine({ onScriptCall: (session) => observers.get(session)?.() });
  const shared = new ClientSession({ server: state, executor });
  let closed = false;

  const assertOpen = () => {
    if (closed)
      throw new RedisUnavailableError("The in-process Redis is closed: it takes no commands any more.");
  };
  const inOwnSession = async <T>(
    onScriptCall: (() => void) | undefined,
    use: (own: ClientSession) => Promise<T>,
  ): Promise<T> => {
    const own = new ClientSession({ server: state, executor });
    if (onScriptCall !== undefined) observers.set(own, onScriptCall);
    try {
      return await use(own);
    } finally {
      own.close();
    }
  };

  return {
    durability: "memory",
    async command(command, onScriptCall) {
      assertOpen();
      const runsScript = SCRIPT_COMMANDS.has(command[0]?.toUpperCase() ?? "");
      if (!runsScript) return errorsAsText(await send(shared, command));
      return errorsAsText(await inOwnSession(onScriptCall, (own) => send(own, command)));
    },
    async transaction(commands, onScriptCall) {
      assertOpen();
      return inOwnSession(onScriptCall, (own) => runTransaction(commands, (command) => send(own, command)));
    },
    async close() {
      closed = true;
      shared.close();
      state.close();
    },
  };
}

async function send(session: ClientSession, [name = "", ...args]: Command): Promise<WireReply> {
  const result = await session.execute(
    name,
    args.map((argument) => Buffer.from(argument)),
  );
  if (result instanceof RedisResult) return readEngineValue(result.value);
  result.close("not a subscriber");
  throw new RedisReplyError(
    `ERR ${name.toUpperCase()} streams its replies, which this connection does not take.`,
  );
}
