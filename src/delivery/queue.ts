import { Buffer } from "node:buffer";
import { Client } from "@upstash/qstash";
import { keys } from "../keys.ts";
import { describeStoreError, type Store } from "../store.ts";
import { MESSAGE_VERSION, type Route } from "./message.ts";

/** An SDK waits for this: past it, the request is refused rather than kept waiting. */
const PUBLISH_TIMEOUT_MS = 2000;

/**
 * Redeliveries of a message that the gateway could not take (it crashed, Redis was away), with QStash's own backoff from
 * 12 s on. What a destination refuses is not retried by these but by messages of our own.
 */
const MESSAGE_RETRIES = 5;

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
}

export interface Queue {
  /**
   * Resolves when QStash has accepted all messages durably: one request for a hundred, one billed message each. A body above the
   * plan's limit is kept in Redis and travels by reference (+1 Redis command). Rejects with `QueueUnavailable` otherwise;
   * some may have been accepted then.
   */
  publish(messages: readonly OutgoingMessage[]): Promise<void>;
}

/** QStash did not accept. Nothing that was refused may be acknowledged. */
export class QueueUnavailable extends Error {
  /** The messages that were refused, where others of the same request were accepted; undefined = none was. */
  readonly refused: readonly OutgoingMessage[] | undefined;

  constructor(reason: string, refused?: readonly OutgoingMessage[]) {
    super(`QStash did not accept a message: ${reason}`);
    this.name = "QueueUnavailable";
    this.refused = refused;
  }
}

export function createQueue(options: {
  url: string;
  token: string;
  publicUrl: string;
  store: Store;
  maxMessageBytes: number;
}): Queue {
  const client = new Client({
    baseUrl: options.url,
    token: options.token,
    enableTelemetry: false,
    retry: { retries: 1, backoff: () => 100 },
  });
  const request = (message: OutgoingMessage) => ({
    url: `${options.publicUrl}/_gateway/${message.route}`,
    body: message.body,
    headers: { "Content-Type": "application/json" },
    retries: MESSAGE_RETRIES,
    ...(message.delaySeconds ? { delay: message.delaySeconds } : {}),
    deduplicationId: `${message.route}.${message.id}`,
  });

  async function byReference(message: OutgoingMessage): Promise<OutgoingMessage> {
    const reference = keys.oversize(message.route, message.id);
    try {
      await options.store.set(reference, message.body, { ex: keys.oversizeTtlSeconds });
    } catch (error) {
      throw new QueueUnavailable(
        `it is too large, and Redis did not keep it either: ${describeStoreError(error)}`,
      );
    }
    return { ...message, body: JSON.stringify({ v: MESSAGE_VERSION, reference }) };
  }

  return {
    async publish(bodies) {
      const messages: OutgoingMessage[] = [];
      for (const message of bodies) {
        const fits = fitsInto(options.maxMessageBytes, message.body);
        messages.push(fits ? message : await byReference(message));
      }
      for (let from = 0; from < messages.length; from += MAX_MESSAGES_PER_REQUEST) {
        const to = from + MAX_MESSAGES_PER_REQUEST;
        try {
          await publishTogether(messages.slice(from, to), bodies.slice(from, to));
        } catch (error) {
          if (from === 0 || !(error instanceof QueueUnavailable)) throw error;
          const refused = [...(error.refused ?? bodies.slice(from, to)), ...bodies.slice(to)];
          throw new QueueUnavailable(error.message, refused);
        }
      }
    },
  };

  function publishTogether(
    messages: readonly OutgoingMessage[],
    bodies: readonly OutgoingMessage[],
  ): Promise<void> {
    const [first, second] = messages;
    if (!first) return Promise.resolve();
    return withinTimeout(
      second
        ? client.batch(messages.map(request)).then((answers) => refuseFailures(answers, bodies))
        : client.publish(request(first)).then(() => {}),
    );
  }
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
function refuseFailures(answers: readonly unknown[], messages: readonly OutgoingMessage[]): void {
  const errors = answers.map((answer) => (answer as { error?: unknown }).error);
  const reason = errors.find(Boolean);
  if (!reason) return;
  const refused = messages.filter((_, index) => errors[index]);
  throw new QueueUnavailable(String(reason), refused.length < messages.length ? refused : undefined);
}

async function withinTimeout(publishing: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new QueueUnavailable(`no answer within ${PUBLISH_TIMEOUT_MS / 1000} s`)),
      PUBLISH_TIMEOUT_MS,
    );
  });
  try {
    await Promise.race([publishing, late]);
  } catch (error) {
    publishing.catch(() => {}); // Its late failure has no one left to tell.
    if (error instanceof QueueUnavailable) throw error;
    throw new QueueUnavailable(error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
  }
}
