import { RedisReplyError, RedisUnavailableError, type Command, type Reply } from "./backend.ts";
import type { WireReply } from "./wire-reply.ts";

/**
 * Runs commands in MULTI/EXEC over `send`, which must deliver in call order over one connection that nothing else uses
 * between these calls. Resolves to one element per command, an Error where that command failed while running.
 *
 * Rejects when Redis discarded the transaction, naming the command that it refused: Redis itself only says that there was one.
 */
export async function runTransaction(
  commands: readonly Command[],
  send: (command: Command) => Promise<WireReply>,
): Promise<(Reply | Error)[]> {
  // Sent without waiting, so that no other caller's command can come between.
  const opened = send(["MULTI"]);
  const queued = commands.map(send);
  const executed = send(["EXEC"]);
  const [, result, ...refusals] = await Promise.allSettled([opened, executed, ...queued]);
  if (result.status === "rejected") throw explain(result.reason, commands, refusals);
  if (!Array.isArray(result.value))
    throw new RedisReplyError("EXECABORT Transaction discarded: EXEC gave no list of replies.");
  return [...result.value];
}

function explain(
  reason: unknown,
  commands: readonly Command[],
  queued: readonly PromiseSettledResult<WireReply>[],
): unknown {
  if (reason instanceof RedisUnavailableError) return reason;
  const index = queued.findIndex((reply) => reply.status === "rejected");
  const refusal = queued[index];
  if (refusal?.status !== "rejected") return reason;
  const name = commands[index]?.[0]?.toUpperCase() ?? "";
  const text = refusal.reason instanceof Error ? refusal.reason.message : String(refusal.reason);
  return new RedisReplyError(
    `EXECABORT Transaction discarded, nothing ran: command ${index + 1} (${name}) was refused: ${text}`,
  );
}
