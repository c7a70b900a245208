import { Command as WireCommand, Redis } from "ioredis";
import { RedisReplyError, RedisUnavailableError, type Command, type RedisBackend } from "./backend.ts";
import { runTransaction } from "./transaction.ts";
import { errorsAsText, type WireReply } from "./wire-reply.ts";

const CONNECT_TIMEOUT_MS = 5_000;
/** Connecting, signing in, and a server's loading of its append-only file. */
const READY_TIMEOUT_MS = 30_000;
const COMMAND_TIMEOUT_MS = 10_000;
const CLOSED = "the connection was closed";
const RECONNECT_STEP_MS = 50;
const MAX_RECONNECT_DELAY_MS = 2_000;

/**
 * Connects to a real Redis at `redis://` or `rediss://` and resolves once it takes commands.
 *
 * One connection, shared by all callers; it comes back by itself. While it is gone every command fails at once with
 * RedisUnavailableError, and a command whose answer was lost is not sent a second time: it may have taken effect.
 * Throws RedisUnavailableError, with the address (never the password) and what to do, when the server cannot be reached.
 * What scripts call is not seen on this connection: `onScriptCall` is never called.
 */
export async function createServerBackend(redisUrl: string): Promise<RedisBackend> {
  const address = describeAddress(redisUrl);
  const client = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * RECONNECT_STEP_MS, MAX_RECONNECT_DELAY_MS),
  });
  let fault: string | null = null;
  client.on("error", (error: Error) => (fault = faultText(error)));
  await connect(client, address, () => fault);
  client.on("ready", () => (fault = null));

  const send = async ([name = "", ...args]: Command): Promise<WireReply> => {
    // In capitals: ioredis reshapes the replies of the names that it knows, and it knows them in small letters.
    const command = new WireCommand(name.toUpperCase(), args, { replyEncoding: "utf8" });
    try {
      return (await client.sendCommand(command)) as WireReply;
    } catch (error) {
      if (isReply(error)) throw new RedisReplyError(error.message);
      const reason =
        error instanceof Error && error.message === "Command timed out"
          ? "no answer in time"
          : (fault ?? CLOSED);
      throw new RedisUnavailableError(
        `Redis at ${address} did not answer ${name.toUpperCase()}: ${reason}. The connection is retried; check that the server runs.`,
        { cause: error },
      );
    }
  };

  return {
    durability: "server",
    command: async (command) => errorsAsText(await send(command)),
    transaction: (commands) => runTransaction(commands, send),
    async close() {
      client.disconnect();
    },
  };
}

async function connect(client: Redis, address: string, fault: () => string | null): Promise<void> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    client.disconnect();
  }, READY_TIMEOUT_MS);
  try {
    await client.connect();
    // ioredis connects all the same when a password or a database number is refused.
    if (fault() !== null) throw new Error("Redis refused the connection's settings.");
  } catch (error) {
    client.disconnect();
    const reason = late ? `not ready after ${READY_TIMEOUT_MS} ms` : (fault() ?? CLOSED);
    throw new RedisUnavailableError(
      `Cannot use Redis at ${address}: ${reason}. Start the server, or correct REDIS_URL (redis://user:password@host:port), or unset it to keep everything in memory.`,
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** The address as it may be shown in logs: with the user, without the password. */
function describeAddress(redisUrl: string): string {
  const url = URL.parse(redisUrl);
  if (url === null || !["redis:", "rediss:"].includes(url.protocol) || url.hostname === "") {
    // Not repeated: a text that cannot be parsed may be mostly password.
    throw new RedisUnavailableError(
      "REDIS_URL is not of the form redis://user:password@host:port (rediss:// for TLS).",
    );
  }
  if (url.password !== "") url.password = "***";
  return url.href;
}

function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError";
}

function faultText(error: Error): string {
  // Connecting to a name with several addresses fails with an empty message and one error for each.
  if (error instanceof AggregateError) return error.errors.map((each: Error) => each.message).join(", ");
  return error.message;
}
