import { Agent, request as send } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { SentEvent } from "./events.ts";
import { readAll } from "./faulty-server.ts";

const MAX_BATCH = 100;
/** posthog-node's and posthog-js's patience with one request. */
const REQUEST_TIMEOUT_MS = 10_000;
const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 3000;
/** After a failure an SDK sends the same batch again, or this often its queue has been cut anew. */
const SHARE_CUT_ANEW = 0.3;

/** What a client hears and tells. */
export interface ClientOptions {
  url: string;
  token: string;
  events: number;
  nextEvent: () => SentEvent;
  random: () => number;
  /** Which part of the acknowledged requests it does not hear of, and which part of batches it sends once more. */
  lossShare: () => number;
  /** Resolves when it is time for the next events. */
  pace: (sent: number) => Promise<void>;
  onSend: (batch: readonly SentEvent[]) => void;
  onAnswer: (batch: readonly SentEvent[], status: number | null) => void;
  /** Ends it with its events unsent. */
  signal: AbortSignal;
}

/**
 * Sends events as PostHog's SDKs do: from a queue, in batches of 1 to 100, plain or gzip, one request at a time. What was
 * not acknowledged stays in the queue and is sent again, in the same batch or in one that overlaps it; nothing is thrown
 * away. Rejects on an answer that would make an SDK give up.
 */
export async function runClient(options: ClientOptions): Promise<void> {
  const { random, signal } = options;
  const agent = new Agent({ keepAlive: true });
  const queue: SentEvent[] = [];
  let made = 0;
  let failures = 0;
  let size = sizeOf(random);
  try {
    while (!signal.aborted && (made < options.events || queue.length > 0)) {
      while (queue.length < size && made < options.events) {
        queue.push(options.nextEvent());
        made += 1;
      }
      await options.pace(made);
      const batch = queue.slice(0, size);
      options.onSend(batch);
      const status = await post(agent, options, batch);
      options.onAnswer(batch, status);
      if (status !== null && status >= 400 && status < 500 && status !== 429 && status !== 408) {
        throw new Error(`the gateway refused ${batch.length} good events with ${status}`);
      }
      if (status === 200 && random() >= options.lossShare()) {
        failures = 0;
        size = sizeOf(random);
        const keep = random() < options.lossShare() ? Math.ceil(batch.length / 2) : 0;
        queue.splice(0, batch.length - keep);
      } else {
        if (random() < SHARE_CUT_ANEW) size = sizeOf(random);
        await sleep(Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures) * (0.5 + random() / 2));
        failures += 1;
      }
    }
  } finally {
    agent.destroy();
  }
}

function sizeOf(random: () => number): number {
  return 1 + Math.floor(random() * MAX_BATCH);
}

/** Resolves to the status, or to null when no answer came. */
function post(agent: Agent, options: ClientOptions, batch: readonly SentEvent[]): Promise<number | null> {
  const json = JSON.stringify({ api_key: options.token, batch, sent_at: new Date().toISOString() });
  const gzip = options.random() < 0.5;
  const body = gzip ? gzipSync(json) : Buffer.from(json);
  const headers = { "Content-Type": "application/json", ...(gzip ? { "Content-Encoding": "gzip" } : {}) };
  return new Promise((resolve) => {
    const request = send(
      `${options.url}/batch/`,
      { method: "POST", agent, headers, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) },
      (response) => {
        readAll(response).then(
          () => resolve(response.statusCode ?? null),
          () => resolve(null),
        );
      },
    );
    request.on("error", () => resolve(null));
    request.end(body);
  });
}
