import type { OutgoingMessage } from "../../src/delivery/queue.ts";
import { startTestGateway, type TestGateway } from "../gateway.ts";

export const MINUTE_MS = 60_000;
export const SECOND_MS = 1000;

/** A gateway whose QStash goes away, and what the tests of that ask of it. */
export interface SpoolingGateway extends TestGateway {
  /** Names of the events that PostHog has got. */
  names(): string[];
  /** Messages in the spool. */
  spooled(): Promise<number>;
  /** What Redis holds for the spool. */
  spoolKeys(): Promise<unknown>;
  /** How often QStash was asked since `faults.decide`. */
  timesAsked(): number;
  /** The cron's tick of the next minute, and all deliveries due by then. */
  tick(): Promise<void>;
  /** Puts messages of one event each into the spool, without a request for each. */
  fill(count: number): Promise<void>;
}

export async function startSpooling(
  options: Partial<Parameters<typeof startTestGateway>[0]> = {},
): Promise<SpoolingGateway> {
  const edge = await startTestGateway({ apps: [], ...options });
  return {
    ...edge,
    names: () => edge.delivered().map(({ event }) => event),
    spooled: async () => Number(await edge.redisCommand("ZCARD", "spool:order")),
    spoolKeys: () => edge.redisCommand("KEYS", "spool:*"),
    timesAsked: () => edge.faults.calls().filter(({ to }) => to === "qstash").length,
    async tick() {
      await edge.advance(MINUTE_MS);
      // What could not be published is what these tests are about.
      await edge.scheduled(edge.clock.now()).catch(() => {});
      await edge.settle();
    },
    fill: (count) =>
      edge.work(async (_scope, { spool }) => {
        for (let from = 0; from < count; from += FILLED_AT_ONCE) {
          const length = Math.min(FILLED_AT_ONCE, count - from);
          await spool.put(Array.from({ length }, (_, n) => messageOf(edge.token, from + n)));
        }
      }),
  };
}

const FILLED_AT_ONCE = 100;

/** The message `m<n>` that brings the event `e<n>`. */
export function messageOf(project: string, n: number): OutgoingMessage {
  const event = { ...named(`e${n}`, n), timestamp: "2036-03-01T10:00:00.000Z", properties: {} };
  const id = `m${n}`;
  return { route: "deliver", id, body: JSON.stringify({ v: 2, id, project, events: [event] }) };
}

export const uuid = (n: number) => `0190f0a0-0000-7000-8000-${String(n).padStart(12, "0")}`;

/** An event as a client sends it, with a uuid of its own if there is a number for one. */
export const named = (event: string, n?: number) => ({
  event,
  distinct_id: "u1",
  ...(n === undefined ? {} : { uuid: uuid(n) }),
});

/** Takes messages in QStash's place and delivers none: many of them, or to see which came. */
export function takeInPlaceOfQStash(edge: SpoolingGateway): { ids: string[] } {
  const ids: string[] = [];
  const idOf = (body: string) => (JSON.parse(body) as { id: string }).id;
  edge.answerAsQStash(async (request) => {
    if (request.url.includes("/publish/")) {
      ids.push(idOf(await request.text()));
      return Response.json({ messageId: "m" });
    }
    const messages = (await request.json()) as { body: string }[];
    ids.push(...messages.map(({ body }) => idOf(body)));
    return Response.json(messages.map(() => ({ messageId: "m" })));
  });
  return { ids };
}
