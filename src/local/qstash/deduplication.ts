import { createHash } from "node:crypto";
import type { Command } from "../redis/backend.ts";
import type { Engine } from "./engine.ts";
import { keys } from "./keys.ts";
import type { Message } from "./message.ts";
import type { PublishSettings } from "./settings.ts";

/**
 * The key under which a message is known for ten minutes; undefined when it asks for no deduplication. An id counts for
 * itself, whatever the destination, but once per endpoint of a URL group. Content means destination, body, Content-Type
 * and forwarded headers (QStash: Deduplication).
 */
export function deduplicationKey(settings: PublishSettings, message: Message): string | undefined {
  const endpoint = message.topicName === undefined ? "" : message.url;
  if (settings.deduplicationId !== undefined) {
    return keys.deduplication(hash(["id", settings.deduplicationId, message.topicName ?? "", endpoint]));
  }
  if (!settings.contentBasedDeduplication) return undefined;
  const headers = Object.entries(message.headers).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return keys.deduplication(
    hash(["content", message.url, message.topicName ?? "", message.body.text, JSON.stringify(headers)]),
  );
}

/** The id of the message that holds `key` now, if any. The window is measured by the clock, not by Redis. */
export async function findDuplicate(engine: Engine, key: string): Promise<string | undefined> {
  const text = await engine.backend.command(["GET", key]);
  if (typeof text !== "string") return undefined;
  const holder = JSON.parse(text) as { messageId: string; until: number };
  return holder.until > engine.clock.now() ? holder.messageId : undefined;
}

/** Takes `key` for a message, to be run in the transaction that stores the message. */
export function holdCommand(engine: Engine, key: string, messageId: string): Command {
  const until = engine.clock.now() + keys.deduplicationMs;
  return ["SET", key, JSON.stringify({ messageId, until }), "PX", `${keys.deduplicationMs}`];
}

function hash(parts: readonly string[]): string {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(`${part.length}:${part}`);
  return digest.digest("base64url");
}
