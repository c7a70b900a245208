/** A reply as RESP2 shapes it: HGETALL is a flat array, a status is its text. Bulk strings arrive as bytes' UTF-8 text. */
export type Reply = string | number | null | readonly Reply[];

/** One command: name and arguments. */
export type Command = readonly string[];

/**
 * A Redis that the embedded stack sits on: in-process, or a server behind `redis://`. Both the REST server and the QStash
 * server speak to it, so that what they keep shares one durability.
 *
 * Commands take effect in the order of the calls. `onScriptCall` is called once per command that a Lua script of this call
 * ran, where the store tells (in-process only): Upstash bills those too.
 */
export interface RedisBackend {
  /** "memory" loses everything with the process. */
  readonly durability: "memory" | "server";
  /** Runs one command; rejects with RedisReplyError (the server's own error text) or RedisUnavailableError. */
  command(command: Command, onScriptCall?: () => void): Promise<Reply>;
  /** Runs commands in MULTI/EXEC; an element is an Error where that command failed. Rejects, likewise, when the transaction was discarded. */
  transaction(commands: readonly Command[], onScriptCall?: () => void): Promise<(Reply | Error)[]>;
  close(): Promise<void>;
}

/** Redis answered with an error; the message is its text (`WRONGTYPE Operation against a key …`). */
export class RedisReplyError extends Error {
  override readonly name = "RedisReplyError";
}

/** No answer came, so whether the command took effect is unknown. */
export class RedisUnavailableError extends Error {
  override readonly name = "RedisUnavailableError";
}

/**
 * Opens the store of the embedded stack: the server at `redisUrl` (`redis://` or `rediss://`), or one in this process.
 * Throws RedisUnavailableError when the server cannot be reached. Loads only the client that it needs.
 */
export async function createBackend(redisUrl?: string): Promise<RedisBackend> {
  if (redisUrl !== undefined && redisUrl !== "") {
    const { createServerBackend } = await import("./server.ts");
    return createServerBackend(redisUrl);
  }
  const { createMemoryBackend } = await import("./memory.ts");
  return createMemoryBackend();
}
