import { bodyBase64, type StoredBody } from "./body.ts";
import { canonicalHeaderName } from "./header-name.ts";
import type { Engine } from "./engine.ts";
import type { Callback, Message, Progress } from "./message.ts";
import { queuePlace } from "./queue.ts";

/** What a destination answered; status 0 when there was no answer, and then the body says why. */
export interface Answer {
  status: number;
  headers: Headers;
  body: StoredBody;
}

/**
 * Makes the message that tells a callback of an attempt. Its body is what QStash documents, the two times as text. What
 * the callback's own settings leave open is taken from the message; a callback has no callbacks.
 */
export function createCallback(
  engine: Engine,
  callback: Callback,
  about: Progress & { answer: Answer; dlqId?: string },
): Message {
  const { message } = about;
  const now = engine.clock.now();
  return {
    messageId: engine.newId("msg"),
    url: callback.url,
    method: callback.method,
    headers: callback.headers,
    body: { text: JSON.stringify(callbackBody(about)), base64: false },
    maxRetries: callback.maxRetries ?? message.maxRetries,
    retryDelay: callback.retryDelay ?? message.retryDelay,
    timeoutMs: callback.timeoutMs,
    createdAt: now,
    notBefore: now + (callback.delayMs ?? 0),
    labels: [],
    partOf: queuePlace(message),
  };
}

function callbackBody({ message, retried, nextAt, answer, dlqId }: Parameters<typeof createCallback>[2]) {
  return {
    status: answer.status,
    header: headerLists(answer.headers),
    body: bodyBase64(answer.body),
    retried,
    maxRetries: message.maxRetries,
    dlqId,
    sourceMessageId: message.messageId,
    topicName: message.topicName,
    endpointName: message.endpointName,
    url: message.url,
    method: message.method,
    sourceHeader: Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, [value]])),
    sourceBody: bodyBase64(message.body),
    notBefore: `${nextAt}`,
    createdAt: `${message.createdAt}`,
    scheduleId: message.scheduleId,
    callerIP: message.callerIP,
  };
}

/** Headers as QStash's API shows them: canonical names, lists of values. */
export function headerLists(headers: Headers): Record<string, string[]> {
  const lists: Record<string, string[]> = {};
  for (const [name, value] of headers) {
    const canonical = canonicalHeaderName(name);
    lists[canonical] = [...(lists[canonical] ?? []), value];
  }
  return lists;
}
