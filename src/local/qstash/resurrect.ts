import type { Command } from "../redis/backend.ts";
import { ApiError } from "./api-error.ts";
import { type DeadLetter, readDeadLetters } from "./dead-letters.ts";
import { commit, type Engine } from "./engine.ts";
import { keys } from "./keys.ts";
import type { Message } from "./message.ts";
import { listCommand, messageFields } from "./message-store.ts";
import { admitCommands, placeMessages } from "./publish.ts";
import { parseSettings, type PublishSettings } from "./settings.ts";

/**
 * Publishes dead letters anew and removes them: same destination, body and settings, but new ids, and what the `Upstash-*`
 * headers of the request say instead. Returns the new ids in the order of `dlqIds`. Throws an ApiError (404) when one of
 * them is gone, and then none is retried.
 */
export async function retryDeadLetters(
  engine: Engine,
  dlqIds: readonly string[],
  overrides: Headers,
): Promise<{ messageId: string }[]> {
  const settings = parseSettings(overrides);
  return engine.moving(async () => {
    const letters = await readDeadLetters(engine.backend, dlqIds);
    const gone = dlqIds.filter((dlqId) => !letters.some((letter) => letter.dlqId === dlqId));
    if (gone.length > 0) {
      throw new ApiError(
        404,
        `dead letters not found: ${gone.join(", ")} were retried, deleted or have expired.`,
      );
    }
    const messages = letters.map((letter) => resurrected(engine, letter, settings));
    await commit(
      engine,
      letters.flatMap(({ dlqId }, index) => {
        const message = messages[index];
        return message === undefined ? [] : exchangeCommands(engine, dlqId, message);
      }),
    );
    engine.counters.published += messages.length;
    await placeMessages(engine, messages);
    return messages.map(({ messageId }) => ({ messageId }));
  });
}

function resurrected(engine: Engine, { message }: DeadLetter, settings: PublishSettings): Message {
  const now = engine.clock.now();
  return {
    ...message,
    messageId: engine.newId("msg"),
    createdAt: now,
    notBefore: settings.notBefore ?? now + (settings.delayMs ?? 0),
    method: settings.method ?? message.method,
    headers: { ...message.headers, ...settings.forwarded },
    maxRetries: settings.maxRetries ?? message.maxRetries,
    retryDelay: settings.retryDelay ?? message.retryDelay,
    timeoutMs: settings.timeoutMs ?? message.timeoutMs,
    callback: settings.callback ?? message.callback,
    failureCallback: settings.failureCallback ?? message.failureCallback,
    labels: settings.labels ?? message.labels,
    flowControl: settings.flowControl ?? message.flowControl,
    redact: settings.redact ?? message.redact,
    // The queue has gone on without it.
    partOf: undefined,
  };
}

function exchangeCommands(engine: Engine, dlqId: string, message: Message): Command[] {
  const key = keys.message(message.messageId);
  return [
    ["RENAME", keys.deadLetter(dlqId), key],
    ["PERSIST", key],
    ["HDEL", key, "answer"],
    ["HSET", key, ...messageFields({ message, retried: 0, nextAt: message.notBefore })],
    ["ZREM", keys.deadLetters, dlqId],
    listCommand(message.messageId),
    ...admitCommands(engine, message),
  ];
}
