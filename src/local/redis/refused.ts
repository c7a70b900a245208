import type { Command } from "./backend.ts";

/** The caller's fault: nothing was run, and sending the same again will not help. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/**
 * Says why a command is not offered over REST, in a form fit for the caller, or null if it is offered.
 *
 * REST requests share one connection, so a command that blocks it, subscribes it or changes its state would act on every
 * other caller. Upstash offers none of them either (its SSE endpoints for SUBSCRIBE and MONITOR are not imitated here).
 */
export function refusalOf(command: Command): string | null {
  const name = command[0]?.toUpperCase() ?? "";
  const reason = REASONS.get(name) ?? (blocksOnStream(name, command) ? BLOCKING : undefined);
  return reason === undefined ? null : `ERR Command is not available: '${name}'. ${reason}`;
}

const BLOCKING = "Over REST nothing can wait for data: poll with the variant that does not block.";
const SUBSCRIBING = "A REST request cannot receive messages; PUBLISH is offered.";
const STATEFUL =
  "REST keeps no connection between requests: send a transaction to /multi-exec, the token with every request.";
const OPERATING = "It acts on the server, not on data: use redis-cli on the server itself.";

const REASONS = new Map(
  [
    { reason: BLOCKING, names: "BLPOP BRPOP BRPOPLPUSH BLMOVE BLMPOP BZPOPMIN BZPOPMAX BZMPOP WAIT WAITAOF" },
    {
      reason: SUBSCRIBING,
      names: "SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE MONITOR",
    },
    {
      reason: STATEFUL,
      names: "MULTI EXEC DISCARD WATCH UNWATCH SELECT AUTH HELLO RESET QUIT CLIENT READONLY READWRITE ASKING",
    },
    {
      reason: OPERATING,
      names: "SHUTDOWN REPLICAOF SLAVEOF FAILOVER SYNC PSYNC MIGRATE MODULE CLUSTER DEBUG",
    },
  ].flatMap(({ reason, names }) => names.split(" ").map((name): [string, string] => [name, reason])),
);

/** Options stand between the command (XREADGROUP's group and consumer, which may have any name) and STREAMS. */
const FIRST_OPTION = new Map([
  ["XREAD", 1],
  ["XREADGROUP", 4],
]);

function blocksOnStream(name: string, command: Command): boolean {
  const first = FIRST_OPTION.get(name);
  if (first === undefined) return false;
  for (const argument of command.slice(first)) {
    const option = argument.toUpperCase();
    if (option === "STREAMS") return false;
    if (option === "BLOCK") return true;
  }
  return false;
}
