import type { Command } from "../redis/backend.ts";
import { backoffMs } from "./backoff.ts";
import { bodyBase64, bodyBytes, storeBody } from "./body.ts";
import { type Answer, createCallback } from "./callback.ts";
import { buryCommands, deadLetterId } from "./dead-letters.ts";
import { type Attempt, commit, type Engine } from "./engine.ts";
import { keys } from "./keys.ts";
import type { Message, Progress } from "./message.ts";
import { removeCommands } from "./message-store.ts";
import { acceptCommands } from "./publish.ts";
import { advanceQueue, queuePlace } from "./queue.ts";

/** How much of an answer's body the event log keeps. */
const LOGGED_BODY_BYTES = 1000;

/** Status by which a destination says that no retry can help (QStash: Retry). */
const NON_RETRYABLE_STATUS = 489;

/**
 * Records what came of an attempt, in one transaction: delivered, to be retried, dead or cancelled, with the callbacks
 * that it causes. Call within `engine.moving`. Rejects when Redis does; then the message will be delivered again.
 */
export async function settle(
  engine: Engine,
  progress: Progress,
  answer: Answer,
  attempt: Attempt,
): Promise<void> {
  const { message, retried } = progress;
  const { messageId } = message;
  const now = engine.clock.now();
  const outcome = decide(progress, answer, attempt);
  const nextAt = now + backoffMs({ response: answer.headers, expression: message.retryDelay, retried, now });
  const dlqId = deadLetterId(message, now);

  const callbacks: Message[] = [];
  const about = { ...progress, answer };
  if (message.callback !== undefined) callbacks.push(createCallback(engine, message.callback, about));
  if (message.failureCallback !== undefined && outcome === "deadLettered") {
    callbacks.push(createCallback(engine, message.failureCallback, { ...about, dlqId }));
  }

  await commit(engine, [
    ...outcomeEvents(engine, message, outcome, answer, nextAt),
    ...outcomeCommands(message, outcome, { answer, retried, nextAt, dlqId, now }),
    ...callbacks.flatMap((callback) => acceptCommands(engine, callback)),
    ...queueCommands(message, callbacks.length - (outcome === "retried" ? 0 : 1)),
  ]);
  engine.counters[outcome]++;
  engine.counters.published += callbacks.length;
  engine.attempts.delete(messageId);
  for (const callback of callbacks) engine.due.set(callback.messageId, callback.notBefore);
  // A message of a queue becomes due through its queue, which may be paused.
  if (outcome === "retried" && message.queueName === undefined) engine.due.set(messageId, nextAt);
  const place = queuePlace(message);
  if (place !== undefined) await advanceQueue(engine, place.queueName);
}

type Outcome = "delivered" | "retried" | "deadLettered" | "cancelled";

function decide({ message, retried }: Progress, answer: Answer, attempt: Attempt): Outcome {
  if (answer.status >= 200 && answer.status < 300) return "delivered";
  if (attempt.cancelRequested) return "cancelled";
  const final =
    answer.status === NON_RETRYABLE_STATUS &&
    answer.headers.get("upstash-nonretryable-error")?.toLowerCase() === "true";
  return final || retried >= message.maxRetries ? "deadLettered" : "retried";
}

function outcomeCommands(
  message: Message,
  outcome: Outcome,
  about: { answer: Answer; retried: number; nextAt: number; dlqId: string; now: number },
): Command[] {
  const { messageId } = message;
  switch (outcome) {
    case "delivered":
    case "cancelled":
      return removeCommands(messageId);
    case "retried": {
      const progress = ["retried", `${about.retried + 1}`, "nextAt", `${about.nextAt}`];
      return [["HSET", keys.message(messageId), ...progress]];
    }
    case "deadLettered":
      return buryCommands(messageId, about.dlqId, about.answer, about.now);
  }
}

function outcomeEvents(
  engine: Engine,
  message: Message,
  outcome: Outcome,
  answer: Answer,
  nextAt: number,
): Command[] {
  const { commands } = engine.events;
  if (outcome === "delivered") return commands(message, "DELIVERED", answerDetail(answer));
  const error = commands(message, "ERROR", { error: errorText(answer), ...answerDetail(answer) });
  switch (outcome) {
    case "retried":
      return [...error, ...commands(message, "RETRY", { nextDeliveryTime: nextAt })];
    case "deadLettered":
      return [...error, ...commands(message, "FAILED")];
    case "cancelled":
      return [...error, ...commands(message, "CANCELLED")];
  }
}

/** Counts the parts that a queue has to wait for: this message is done, its callbacks are not. */
function queueCommands(message: Message, change: number): Command[] {
  const place = queuePlace(message);
  if (place === undefined || change === 0) return [];
  return [["HINCRBY", keys.queueParts(place.queueName), place.messageId, `${change}`]];
}

function errorText(answer: Answer): string {
  return answer.status === 0 ? answer.body.text : `the destination answered ${answer.status}`;
}

function answerDetail({ status, body }: Answer) {
  const start = storeBody(bodyBytes(body).subarray(0, LOGGED_BODY_BYTES));
  return { responseStatus: status, responseBody: bodyBase64(start) };
}
