import type { Command, RedisBackend } from "../redis/backend.ts";
import { ApiError } from "./api-error.ts";
import type { StoredBody } from "./body.ts";
import { type Answer, headerLists } from "./callback.ts";
import { type Filter, matches } from "./filter.ts";
import { keys } from "./keys.ts";
import type { Message } from "./message.ts";
import { parseMessage, unlistCommand } from "./message-store.ts";
import { pairs, texts, transact } from "./redis.ts";
import { viewMessage } from "./view.ts";

export interface DeadLetter {
  dlqId: string;
  message: Message;
  /** The last answer. */
  answer: { status: number; headers: Record<string, string[]>; body: StoredBody };
}

const PAGE_SIZE = 100;
/** More pages than a queue of dead letters has that anybody pages through. */
const MAX_PAGES = 10_000;

/** The id of a dead letter begins with the time of failure and sorts by it. */
export function deadLetterId(message: Message, now: number): string {
  return `${now}-${message.messageId}`;
}

/** Turns a message into a dead letter, its body untouched, and drops what is past the retention. */
export function buryCommands(messageId: string, dlqId: string, answer: Answer, now: number): Command[] {
  const { status, headers, body } = answer;
  const key = keys.deadLetter(dlqId);
  return [
    unlistCommand(messageId),
    ["RENAME", keys.message(messageId), key],
    ["HSET", key, "answer", JSON.stringify({ status, headers: headerLists(headers), body })],
    ["PEXPIRE", key, `${keys.deadLetterMs}`],
    ["ZADD", keys.deadLetters, `${now}`, dlqId],
    ["ZREMRANGEBYSCORE", keys.deadLetters, "-inf", `${now - keys.deadLetterMs}`],
  ];
}

/** A dead letter as QStash's API shows it. */
export function viewDeadLetter({ dlqId, message, answer }: DeadLetter): Record<string, unknown> {
  return {
    ...viewMessage(message),
    dlqId,
    responseStatus: answer.status,
    responseHeader: answer.headers,
    responseBody: answer.body.base64 ? undefined : answer.body.text,
    responseBodyBase64: answer.body.base64 ? answer.body.text : undefined,
  };
}

/** Reads dead letters by id; those that are gone are left out. One round trip. */
export async function readDeadLetters(
  backend: RedisBackend,
  dlqIds: readonly string[],
): Promise<DeadLetter[]> {
  const replies = await transact(
    backend,
    dlqIds.map((dlqId) => ["HGETALL", keys.deadLetter(dlqId)]),
  );
  return replies.flatMap((reply, index) => {
    const fields = pairs(reply);
    const found = parseMessage(fields);
    const dlqId = dlqIds[index];
    if (found === null || dlqId === undefined) return [];
    const answer = JSON.parse(fields.get("answer") ?? "{}") as DeadLetter["answer"];
    return [{ dlqId, message: found.message, answer }];
  });
}

/** Reads one dead letter. Throws an ApiError (404) when it is gone. */
export async function readDeadLetter(backend: RedisBackend, dlqId: string): Promise<DeadLetter> {
  const [found] = await readDeadLetters(backend, [dlqId]);
  if (found === undefined) {
    throw new ApiError(404, `dead letter "${dlqId}" not found: it was retried, deleted or has expired.`);
  }
  return found;
}

/** Finds dead letters, oldest first. `cursor` is given when there may be more after the last one. */
export async function listDeadLetters(
  backend: RedisBackend,
  query: { filter: Filter; count: number; cursor: string | undefined },
): Promise<{ letters: DeadLetter[]; cursor?: string }> {
  const letters: DeadLetter[] = [];
  let after = query.cursor ?? "";
  for (let page = 0; page < MAX_PAGES; page++) {
    const ids = await idsAfter(backend, after);
    for (const letter of await readDeadLetters(backend, ids)) {
      const subject = { ...viewDeadLetter(letter), time: failedAt(letter.dlqId) };
      if (!matches(query.filter, subject)) continue;
      letters.push(letter);
      if (letters.length === query.count) return { letters, cursor: letter.dlqId };
    }
    const last = ids.at(-1);
    if (last === undefined) break;
    after = last;
  }
  return { letters };
}

/** Removes dead letters and returns how many there were. */
export async function deleteDeadLetters(backend: RedisBackend, dlqIds: readonly string[]): Promise<number> {
  const replies = await transact(
    backend,
    dlqIds.flatMap((dlqId) => [
      ["DEL", keys.deadLetter(dlqId)],
      ["ZREM", keys.deadLetters, dlqId],
    ]),
  );
  return dlqIds.filter((_, index) => replies[index * 2] === 1).length;
}

/** Ids of one time sort as text, so an id that is gone by now serves as a cursor as well. */
async function idsAfter(backend: RedisBackend, after: string): Promise<string[]> {
  const from = `${failedAt(after)}`;
  let skipped = 0;
  for (let page = 0; page < MAX_PAGES; page++) {
    const range = ["ZRANGEBYSCORE", keys.deadLetters, from, "+inf", "LIMIT", `${skipped}`, `${PAGE_SIZE}`];
    const ids = texts(await backend.command(range));
    const later = ids.filter((id) => failedAt(id) > failedAt(after) || id > after);
    if (later.length > 0 || ids.length < PAGE_SIZE) return later;
    skipped += ids.length;
  }
  return [];
}

function failedAt(dlqId: string): number {
  return Number.parseInt(dlqId, 10) || 0;
}
