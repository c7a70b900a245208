import type { Command, RedisBackend, Reply } from "./backend.ts";
import { RefusedError, refusalOf } from "./refused.ts";
import { createScriptTranslation } from "./scripts.ts";

/** Upstash bills everything but these (its pricing page). */
const FREE = new Set(["AUTH", "HELLO", "SELECT", "COMMAND", "CONFIG", "INFO", "PING", "RESET", "QUIT"]);

export interface Executor {
  /** Rejects with RefusedError if it is not offered over REST, else as the backend does. */
  run(command: Command): Promise<Reply>;
  /** All or nothing; an element is an Error where that command failed while running. Rejects when discarded. */
  runTransaction(commands: readonly Command[]): Promise<(Reply | Error)[]>;
  /** Commands that Upstash would have billed so far. */
  billedCommands(): number;
}

/**
 * Runs commands as Upstash would: refuses what REST does not offer, understands its scripts, counts what it bills.
 *
 * Billed is every command, each of a pipeline or a transaction too, whether it fails or not, and every call that a script
 * makes, as far as the backend tells (the in-process one does, a real server does not). Costs nothing per command but the count.
 */
export function createExecutor({
  backend,
  onCommand,
}: {
  backend: RedisBackend;
  onCommand?: ((command: Command) => void) | undefined;
}): Executor {
  const translate = createScriptTranslation();
  let billed = 0;
  const bill = () => {
    billed += 1;
  };
  const accept = (command: Command) => {
    onCommand?.(command);
    if (!FREE.has(command[0]?.toUpperCase() ?? "")) bill();
    return translate(command);
  };

  return {
    async run(command) {
      const refusal = refusalOf(command);
      if (refusal !== null) throw new RefusedError(refusal);
      const { command: translated, answer } = accept(command);
      const reply = await backend.command(translated, bill);
      return answer ?? reply;
    },
    async runTransaction(commands) {
      // All are looked at before any is counted or translated: one refusal discards the whole.
      const refusal = commands.map(refusalOf).find((reason) => reason !== null);
      if (refusal !== undefined)
        throw new RefusedError(`EXECABORT Transaction discarded, nothing ran: ${refusal}`);
      const accepted = commands.map(accept);
      const replies = await backend.transaction(
        accepted.map(({ command }) => command),
        bill,
      );
      return replies.map((reply, index) =>
        reply instanceof Error ? reply : (accepted[index]?.answer ?? reply),
      );
    },
    billedCommands: () => billed,
  };
}
