import { Buffer } from "node:buffer";
import { Client, QstashError } from "@upstash/qstash";
import { describeStoreError, type Store } from "../store.ts";
import { startTimeLimit, within } from "../within.ts";
import type { Lane } from "./breaker/lane.ts";
import { MESSAGE_VERSION, type Route } from "./message.ts";
import type { Outage } from "./outage.ts";
import { keepOversize } from "./oversize.ts";

/** For all messages of one call together: an SDK waits for this. */
const PUBLISH_TIMEOUT_MS = 2000;

/**
 * Redeliveries of a message that the gateway could not take (it crashed, Redis was away), with QStash's own backoff from
 * 12 s on. What a destination refuses is not retried by these but by messages of our own.
 */
const MESSAGE_RETRIES = 5;

/** For what only asks whether QStash is there. */
const REACH_TIMEOUT_MS = 1000;

/** With these QStash refuses a message for itself; with any other, 429 of a spent quota among them, all would be. */
const STATUSES_OF_FAULTY_MESSAGES: ReadonlySet<number> = new Set([400, 412, 413, 422]);

/** A refused message below this is not refused for its size, on no plan. */
const SURELY_SMALL_CHARACTERS = 50_000;

/** Messages that are published in one request. */
const MAX_MESSAGES_PER_REQUEST = 100;

/** A message on its way to one of the gateway's own routes. */
export interface OutgoingMessage {
  route: Route;
  /**
   * The id in the body. Published again within 10 minutes under the same id, the message is accepted and not delivered
   * twice; later than that, its progress says that it is done. Letters, digits, `_`, `-` and `.`.
   */
  id: string;
  body: string;
  delaySeconds?: number;
  /** Under which flow-control key it waits, with the limits of that from now on. */
  flow?: Lane;
}

export interface Queue {
  /**
   * Resolves when QStash has accepted all messages durably: one request for a hundred, one billed message each. A body above the
   * plan's limit is kept in Redis and travels by reference (+1 Redis command, or 3 in a lane). Rejects with `QueueUnavailable` otherwise, after
   * two seconds at the most; some may have been accepted then.
   */
  publish(messages: readonly OutgoingMessage[]): Promise<void>;
}

/** What a refusal is due to: QStash, that takes nothing just now; the messages themselves; Redis, which was to keep one. */
type Blame = "queue" | "message" | "store";

/** Nothing that was refused may be acknowledged. */
export class QueueUnavailable extends Error {
  readonly reason: string;
  readonly blames: Blame;
  /** The messages that were refused, where others of the same call were accepted; undefined = none was. */
  readonly refused: readonly OutgoingMessage[] | undefined;

  constructor(reason: string, blames: Blame, refused?: readonly OutgoingMessage[]) {
    super(`QStash did not accept a message: ${reason}`);
    this.name = "QueueUnavailable";
    this.reason = reason;
    this.blames = blames;
    this.refused = refused;
  }
}

/** QStash itself. */
export interface QStashQueue extends Queue {
  /** Rejects when QStash does not answer, or does not know the token. Costs a request and no message. */
  reach(): Promise<void>;
  /** How many messages wait under a flow-control key. One request. Rejects when QStash does not say. */
  waiting(key: string): Promise<number>;
}

export function createQueue(options: {
  url: string;
  token: string;
  publicUrl: string;
  store: Store;
  maxMessageBytes: number;
  /** Is told of every answer, and of every one that did not come. */
  outage: Pick<Outage, "worked" | "failed">;
}): QStashQueue {
  const { outage } = options;
  const client = new Client({
    baseUrl: options.url,
    token: options.token,
    enableTelemetry: false,
    // Otherwise QSTASH_DEV in the process' environment would send messages elsewhere, whatever the settings say.
    devMode: false,
    retry: { retries: 1, backoff: () => 100 },
  });
  const request = (message: OutgoingMessage) => ({
    url: `${options.publicUrl}/_gateway/${message.route}`,
    body: message.body,
    headers: { "Content-Type": "application/json" },
    retries: MESSAGE_RETRIES,
    ...(message.delaySeconds ? { delay: message.delaySeconds } : {}),
    ...(message.flow ? { flowControl: message.flow } : {}),
    deduplicationId: `${message.route}.${message.id}`,
  });

  async function byReference(message: OutgoingMessage): Promise<OutgoingMessage> {
    try {
      const reference = await keepOversize(options.store, message);
      return { ...message, body: JSON.stringify({ v: MESSAGE_VERSION, reference }) };
    } catch (error) {
      const reason = `it is too large, and Redis did not keep it either: ${describeStoreError(error)}`;
      throw new QueueUnavailable(reason, "store");
    }
  }

  /** Publishes in one request. What the plan turns out to find too large is published once more, by reference. */
  async function publishTogether(messages: readonly OutgoingMessage[]): Promise<void> {
    const fitting: OutgoingMessage[] = [];
    for (const message of messages) {
      const fits = fitsInto(options.maxMessageBytes, message.body);
      fitting.push(fits ? message : await byReference(message));
    }
    const refusal = await offer(fitting);
    if (!refusal) return;
    const refused = refusal.at.flatMap((index) => messages[index] ?? []);
    if (!refused.every(({ body }) => body.length > SURELY_SMALL_CHARACTERS)) {
      throw new QueueUnavailable(refusal.reason, "message", refused);
    }
    const again = await offer(await Promise.all(refused.map(byReference)));
    if (!again) return;
    const refusedAgain = again.at.flatMap((index) => refused[index] ?? []);
    throw new QueueUnavailable(again.reason, "message", refusedAgain);
  }

  /** Resolves to the places of the messages that QStash refuses for themselves. Rejects when it takes none, or does not answer. */
  async function offer(
    messages: readonly OutgoingMessage[],
  ): Promise<{ at: number[]; reason: string } | null> {
    const [first, second] = messages;
    if (!first) return null;
    try {
      if (second) return failuresOf(await client.batch(messages.map(request)));
      await client.publish(request(first));
      return null;
    } catch (error) {
      const { status } = error as { status?: unknown };
      if (second || !STATUSES_OF_FAULTY_MESSAGES.has(Number(status))) throw error;
      return { at: [0], reason: `${status}: ${(error as Error).message}` };
    }
  }

  return {
    async publish(messages) {
      const late = () => new QueueUnavailable(noAnswer(PUBLISH_TIMEOUT_MS), "queue");
      const limit = startTimeLimit(PUBLISH_TIMEOUT_MS, late);
      let from = 0;
      const part = () => messages.slice(from, from + MAX_MESSAGES_PER_REQUEST);
      try {
        for (; from < messages.length; from += MAX_MESSAGES_PER_REQUEST) {
          await limit.during(publishTogether(part()));
          outage.worked();
        }
      } catch (thrown) {
        const { reason, blames, refused } = unavailable(thrown);
        if (blames === "queue") outage.failed(reason);
        const left = [...(refused ?? part()), ...messages.slice(from + MAX_MESSAGES_PER_REQUEST)];
        throw new QueueUnavailable(reason, blames, left.length < messages.length ? left : undefined);
      } finally {
        limit.clear();
      }
    },

    async waiting(key) {
      const asked = client.flowControl.get(key).then(
        ({ waitListSize }) => waitListSize,
        (error: unknown) => {
          // QStash knows no key that no message has used lately.
          if (error instanceof QstashError && error.status === 404) return 0;
          throw error;
        },
      );
      return within(PUBLISH_TIMEOUT_MS, asked, () => new Error(noAnswer(PUBLISH_TIMEOUT_MS)));
    },

    async reach() {
      await within(REACH_TIMEOUT_MS, client.urlGroups.list(), () => new Error(noAnswer(REACH_TIMEOUT_MS)));
    },
  };
}

/** Room that QStash's own fields take of a message's limit. */
const ENVELOPE_BYTES = 2000;

/** Whether a body is within a message's limit. Bytes are counted only when there might be too many. */
export function fitsInto(maxMessageBytes: number, body: string): boolean {
  const maxBytes = maxMessageBytes - ENVELOPE_BYTES;
  // A UTF-16 unit is at most 3 bytes of UTF-8.
  return body.length * 3 <= maxBytes || Buffer.byteLength(body) <= maxBytes;
}

/** A batch answers 200 with an error in place of each message that was refused. */
function failuresOf(answers: readonly unknown[]): { at: number[]; reason: string } | null {
  const errors = answers.map((answer) => (answer as { error?: unknown }).error);
  const at = errors.flatMap((error, index) => (error ? [index] : []));
  return at.length === 0 ? null : { at, reason: String(errors.find(Boolean)) };
}

function unavailable(thrown: unknown): QueueUnavailable {
  if (thrown instanceof QueueUnavailable) return thrown;
  return new QueueUnavailable(thrown instanceof Error ? thrown.message : String(thrown), "queue");
}

const noAnswer = (timeoutMs: number) => `no answer within ${timeoutMs / 1000} s`;
