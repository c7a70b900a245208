import { Client } from "@upstash/qstash";
import { describe, onTestFinished } from "vitest";
import type { QStash, QStashOptions } from "../../src/local/qstash/qstash.ts";
import { createFakeClock, type FakeClock } from "../../src/testing/clock.ts";
import { type Recorder, startRecorder } from "../recorder.ts";
import { testCallbacks } from "./qstash/callbacks.ts";
import { testDeadLetters } from "./qstash/dead-letters.ts";
import { testDeduplication } from "./qstash/deduplication.ts";
import { testDelivery } from "./qstash/delivery.ts";
import { testEvents } from "./qstash/events.ts";
import { testFlowControl } from "./qstash/flow-control.ts";
import { testMessages } from "./qstash/messages.ts";
import { testPublish } from "./qstash/publish.ts";
import { testQueues } from "./qstash/queues.ts";
import { testRetries } from "./qstash/retries.ts";
import { testSchedules } from "./qstash/schedules.ts";
import { testUrlGroups } from "./qstash/url-groups.ts";

export type ServerOptions = Pick<
  QStashOptions,
  "clock" | "maxParallelAttempts" | "maxMessageBytes" | "attemptTimeoutMs" | "token"
> & { currentSigningKey: string; nextSigningKey: string };

/** A QStash server on a socket, with nothing in it. */
export interface QStashServer {
  readonly url: string;
  readonly qstash: QStash;
  close(): Promise<void>;
}

/** What a test works with: a fresh server on a clock that the test moves, a client of it, and a destination. */
export interface QStashUnderTest {
  readonly client: Client;
  readonly qstash: QStash;
  readonly clock: FakeClock;
  readonly destination: Recorder;
  /** One request as it is, with the token. */
  send(path: string, init?: RequestInit): Promise<Response>;
  /** Moves the clock, stopping at every time at which something is due, and delivers. */
  advance(milliseconds: number): Promise<void>;
}

export type Open = (options?: Partial<Omit<ServerOptions, "clock" | "token">>) => Promise<QStashUnderTest>;

export const signingKeys = { currentSigningKey: "sig_current", nextSigningKey: "sig_next" };

const TOKEN = "contract-token";
const MAX_STEPS = 1000;

/**
 * The contract of a QStash server, driven through the client and the receiver of `@upstash/qstash` and a few raw requests.
 * `start` is called once per test.
 */
export function testQStash(name: string, start: (options: ServerOptions) => Promise<QStashServer>): void {
  const open: Open = async (options = {}) => {
    const clock = createFakeClock();
    const server = await start({ ...signingKeys, ...options, clock, token: TOKEN });
    const destination = await startRecorder();
    onTestFinished(async () => {
      await Promise.all([server.close(), destination.stop()]);
    });
    const { qstash } = server;
    return {
      client: new Client({ baseUrl: server.url, token: TOKEN, retry: false, enableTelemetry: false }),
      qstash,
      clock,
      destination,
      send: (path, init = {}) =>
        fetch(`${server.url}${path}`, {
          ...init,
          headers: { Authorization: `Bearer ${TOKEN}`, ...(init.headers as Record<string, string>) },
        }),
      async advance(milliseconds) {
        const end = clock.now() + milliseconds;
        for (let step = 0; step < MAX_STEPS; step++) {
          await qstash.deliverDue();
          const next = await qstash.nextDueAt();
          if (next === null || next > end) break;
          clock.set(next);
        }
        clock.set(end);
        await qstash.deliverDue();
      },
    };
  };

  describe(name, () => {
    testPublish(open);
    testDelivery(open);
    testRetries(open);
    testDeduplication(open);
    testCallbacks(open);
    testDeadLetters(open);
    testMessages(open);
    testQueues(open);
    testUrlGroups(open);
    testFlowControl(open);
    testSchedules(open);
    testEvents(open);
  });
}
