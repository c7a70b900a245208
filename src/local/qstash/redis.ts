import type { Command, RedisBackend, Reply } from "../redis/backend.ts";

/** Runs commands in one MULTI/EXEC and returns their replies. Rejects when any of them failed; costs one round trip. */
export async function transact(backend: RedisBackend, commands: readonly Command[]): Promise<Reply[]> {
  if (commands.length === 0) return [];
  const replies = await backend.transaction(commands);
  return replies.map((reply, index) => {
    if (reply instanceof Error) throw new Error(`Redis refused ${commands[index]?.[0]}: ${reply.message}`);
    return reply;
  });
}

/** A reply that is a list of texts: members, ids, names. */
export function texts(reply: Reply | undefined): string[] {
  return Array.isArray(reply) ? reply.map(String) : [];
}

/** A flat list of names and values, as HGETALL gives it. Empty for a key that does not exist. */
export function pairs(reply: Reply | undefined): Map<string, string> {
  const flat = texts(reply);
  const result = new Map<string, string>();
  for (let index = 0; index + 1 < flat.length; index += 2) {
    result.set(flat[index] ?? "", flat[index + 1] ?? "");
  }
  return result;
}
