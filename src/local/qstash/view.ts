import { bodyBytes } from "./body.ts";
import type { Message } from "./message.ts";
import { hidesHeader, redacted } from "./redaction.ts";

/**
 * A message as QStash's API shows it, redacted as its publisher asked. It is also what filters look at; fields that do not
 * apply are undefined and vanish in JSON.
 */
export function viewMessage(message: Message): Record<string, unknown> {
  const { body, redact, flowControl } = message;
  const text = redact?.body === true ? redacted(bodyBytes(body)) : body.text;
  const asBase64 = body.base64 && redact?.body !== true;
  const header = Object.entries(message.headers).map(([name, value]) => [
    name,
    [hidesHeader(redact, name) ? redacted(value) : value],
  ]);
  return {
    messageId: message.messageId,
    url: message.url,
    topicName: message.topicName,
    endpointName: message.endpointName,
    method: message.method,
    header: Object.fromEntries(header) as Record<string, string[]>,
    body: asBase64 ? undefined : text,
    bodyBase64: asBase64 ? text : undefined,
    maxRetries: message.maxRetries,
    retryDelayExpression: message.retryDelay,
    timeout: message.timeoutMs,
    notBefore: message.notBefore,
    createdAt: message.createdAt,
    callback: message.callback?.url,
    failureCallback: message.failureCallback?.url,
    queueName: message.queueName,
    scheduleId: message.scheduleId,
    callerIP: message.callerIP,
    label: message.labels[0],
    labels: message.labels,
    flowControlKey: flowControl?.key,
    parallelism: flowControl?.parallelism,
    rate: flowControl?.rate,
    period: flowControl?.rate === undefined ? undefined : flowControl.periodSeconds,
  };
}
