import type { Command, RedisBackend } from "../redis/backend.ts";
import { keys } from "./keys.ts";
import type { Message, Progress } from "./message.ts";
import { pairs, texts, transact } from "./redis.ts";

/** Writes a message and lists it. */
export function insertCommands(message: Message): Command[] {
  const { messageId } = message;
  return [
    ["HSET", keys.message(messageId), ...messageFields({ message, retried: 0, nextAt: message.notBefore })],
    listCommand(messageId),
  ];
}

/** Removes every trace of a message except its place in a queue. */
export function removeCommands(messageId: string): Command[] {
  return [["DEL", keys.message(messageId)], unlistCommand(messageId)];
}

/** Lists a message as on its way, so that the next start finds it. */
export function listCommand(messageId: string): Command {
  return ["SADD", keys.messages(part(messageId)), messageId];
}

/** Takes a message off that list. */
export function unlistCommand(messageId: string): Command {
  return ["SREM", keys.messages(part(messageId)), messageId];
}

/** Ids of all messages on their way. One round trip. */
export async function listMessages(backend: RedisBackend): Promise<string[]> {
  const parts = Array.from({ length: keys.messageParts }, (_, index) => ["SMEMBERS", keys.messages(index)]);
  return (await transact(backend, parts)).flatMap(texts);
}

/** Fields and values of a message's hash. The body stands apart: encoding a megabyte of JSON in JSON would double it. */
export function messageFields(progress: Progress): string[] {
  const { body, ...rest } = progress.message;
  const fields = {
    settings: JSON.stringify(rest),
    body: body.text,
    encoding: body.base64 ? "base64" : "utf8",
    retried: `${progress.retried}`,
    nextAt: `${progress.nextAt}`,
  };
  return Object.entries(fields).flat();
}

/** Reads the fields back; null when there is no such message. */
export function parseMessage(fields: ReadonlyMap<string, string>): Progress | null {
  const settings = fields.get("settings");
  if (settings === undefined) return null;
  const body = { text: fields.get("body") ?? "", base64: fields.get("encoding") === "base64" };
  return {
    message: { ...(JSON.parse(settings) as Omit<Message, "body">), body },
    retried: Number(fields.get("retried")),
    nextAt: Number(fields.get("nextAt")),
  };
}

/** Reads one message; null when it is delivered, dead, cancelled or unknown. */
export async function readMessage(backend: RedisBackend, messageId: string): Promise<Progress | null> {
  return parseMessage(pairs(await backend.command(["HGETALL", keys.message(messageId)])));
}

/** Reads messages; those that are gone are left out. One round trip. */
export async function readMessages(
  backend: RedisBackend,
  messageIds: readonly string[],
): Promise<Progress[]> {
  const replies = await transact(
    backend,
    messageIds.map((messageId) => ["HGETALL", keys.message(messageId)]),
  );
  return replies.map((reply) => parseMessage(pairs(reply))).filter((progress) => progress !== null);
}

function part(messageId: string): number {
  let hash = 0;
  for (const character of messageId) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % keys.messageParts;
  return hash;
}
