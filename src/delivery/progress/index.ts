import { BOOKING_MS } from "../../accounts/hours.ts";
import type { Scope } from "../../apps/scope.ts";
import { deriveId } from "../../derived-id.ts";
import type { ProcessedEvent } from "../../pipeline/index.ts";
import { describeStoreError, type Store } from "../../store.ts";
import type { DeadLetters } from "../dead-letters/index.ts";
import type { MessageOf, Route } from "../message.ts";
import { outgoing } from "../publish.ts";
import { gateOf } from "../breaker/gate.ts";
import { destinationName, encodeObserved } from "../breaker/health.ts";
import type { OutgoingMessage, Queue } from "../queue.ts";
import { type Begun, beginMessage } from "./begin.ts";
import { type Marked, questionOf } from "./marks.ts";
import { recordSteps } from "./record.ts";
import { createRun, type Run } from "./run.ts";

/** How long what a message did waits in the queue when Redis does not record it. */
const ACCOUNT_DELAY_SECONDS = 30;

/** Where messages stand: which are done, which are being worked on, and which of their steps are behind them. */
export interface ProgressBook {
  /**
   * Begins a message, or says that there is nothing to do: it is done, or another run has it for so long. One Redis request
   * (see `beginMessage`), another one when that fails. While Redis is away every message begins, without a lease, marks or
   * knowledge of earlier runs.
   */
  begin(
    route: Route,
    message: MessageOf[Route],
    scope: Pick<Scope, "subrequests">,
  ): Promise<{ state: "done" } | { state: "busy"; forMs: number } | { state: "begun"; run: Run }>;
  /** Records what an `account` message says. One Redis request. Rejects when Redis does. */
  account(message: MessageOf["account"]): Promise<void>;
}

export function createProgressBook(options: {
  store: Store;
  deadLetters: DeadLetters;
  queue: Queue;
  now: () => Date;
  uuid: () => string;
  /** Rids of secrets what is kept of errors. */
  mask: (text: string) => string;
  /** Hears that Redis is away, once until it is back. */
  onFault: (message: string) => void;
}): ProgressBook {
  const { store, queue } = options;
  const nowMs = () => options.now().getTime();
  let away = false;

  function noteAway(error: unknown): void {
    if (away) return;
    away = true;
    const what = "Redis does not record deliveries: until it does, a message may be delivered more than once";
    options.onFault(`${what}: ${describeStoreError(error)}`);
  }

  async function tryBegin(message: Parameters<typeof beginMessage>[1]): Promise<Begun | null> {
    const begin = () => beginMessage(store, message);
    try {
      // One failed call is no reason to go on without a lease; but when Redis is known to be away, it is not asked
      // twice.
      const begun = await begin().catch((error: unknown) => {
        if (away) throw error;
        return begin();
      });
      away = false;
      return begun;
    } catch (error) {
      noteAway(error);
      return null;
    }
  }

  return {
    async begin(route, message, scope) {
      scope.subrequests += 1;
      const { id, project } = message;
      const question = questionOf(...eventsOf(message));
      const owner = options.uuid();
      const probing = probedBy(message);
      const begun = await tryBegin({ route, id, project, owner, nowMs: nowMs(), question, probing });
      if (begun !== null && begun.state !== "begun") return begun;

      const breakers = begun?.breakers ?? {};
      const repeats = begun?.progress.repeats;
      const duplicates = repeats ? repeats.split(",").map((index) => question.positions[Number(index)]) : [];
      const run = createRun({
        duplicates: new Set([
          ...question.repeated,
          ...duplicates.filter((position) => position !== undefined),
        ]),
        gate: (destination) =>
          gateOf(breakers[destination], destination === probing && begun?.isProbe === true),
        hasFailed: (destination) => destination in breakers,
        done: Object.keys(begun?.progress.steps ?? {}),
        outbox: begun?.outbox ? (JSON.parse(begun.outbox) as OutgoingMessage[]) : null,
        publish: queue.publish,
        nowMs,
        record:
          begun === null
            ? null
            : async ({ observed, ...recording }) => {
                scope.subrequests += 1;
                const seen = Object.keys(observed).length > 0 && encodeObserved(observed, options.mask);
                try {
                  await recordSteps(options, {
                    route,
                    id,
                    project,
                    owner,
                    ...recording,
                    ...(seen ? { observed: seen } : {}),
                  });
                } catch (error) {
                  noteAway(error);
                  throw error;
                }
              },
        recordLater: async (steps) => {
          const account = {
            id: deriveId(route, id, "account", ...Object.keys(steps)),
            project,
            of: { route, id },
            atMs: nowMs(),
            steps,
          };
          await queue.publish([outgoing("account", account, ACCOUNT_DELAY_SECONDS)]);
        },
        onFault: (what) => options.onFault(`/_gateway/${route} ${id}: ${what}`),
      });
      return { state: "begun", run };
    },

    account: ({ of, id, project, atMs, steps }) =>
      recordSteps(options, {
        ...of,
        project,
        atMs: Math.max(atMs, nowMs() - BOOKING_MS),
        steps,
        owner: id,
        message: "done",
      }),
  };
}

/** A message's events, with which of them can be duplicates. */
function eventsOf(message: MessageOf[Route]): [readonly ProcessedEvent[], Marked] {
  return "marked" in message ? [message.events, message.marked] : [[], undefined];
}

/** The destination that a message may try although its breaker is open, when its time has come. */
function probedBy(message: MessageOf[Route]): string | null {
  if (!("destination" in message) || message.events.length === 0) return null;
  // What is on its way to the dead letters tries nothing; a batch that an app has been given keeps to its schedule.
  return message.verdict || message.batch !== undefined ? null : destinationName(message.destination);
}
