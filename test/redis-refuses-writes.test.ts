import { describe, expect, test } from "vitest";
import { readAccounts } from "../src/accounts/read.ts";
import { RetryError } from "../src/apps/errors.ts";
import type { AppJobs } from "../src/apps/meta/jobs.ts";
import { defineApp } from "../src/apps/testing.ts";
import { countByDestination } from "../src/delivery/dead-letters/count.ts";
import { createRedisRest } from "../src/local/redis/rest.ts";
import { createServerBackend } from "../src/local/redis/server.ts";
import { createStore } from "../src/store.ts";
import { createFakeClock } from "../src/testing/clock.ts";
import { startEmbeddedGateway } from "../src/testing/embedded-gateway.ts";
import { listen } from "../src/testing/listen.ts";
import { startRecorder } from "./recorder.ts";
import { startRedisServer } from "./redis-server.ts";
import { requireProgram } from "./requirements.ts";

const MINUTE_MS = 60_000;

interface Seen {
  event: string;
}

/** What happens to events whose names say so; `exported` is what came out at the end. */
function apps(exported: string[], done: string[]) {
  const failed = new Set<string>();
  return [
    defineApp("counter", {
      processEvent: async (event: Seen, { cache }: { cache: { incr(key: string): Promise<number> } }) => (
        await cache.incr("n"),
        event
      ),
    }),
    defineApp(
      "hooks",
      {
        onEvent({ event }: Seen, { jobs }: { jobs: AppJobs }) {
          if (event.startsWith("bad")) throw new Error("bug");
          if (event.startsWith("later") && !failed.has(event)) {
            failed.add(event);
            throw new RetryError("away");
          }
          void jobs["note"]?.({ event }).runIn(1, "minute");
        },
        jobs: { note: ({ event }: Seen) => void done.push(event) },
      },
      { id: 2 },
    ),
    defineApp(
      "exporter",
      { exportEvents: (events: Seen[]) => void exported.push(...events.map(({ event }) => event)) },
      { id: 3 },
    ),
  ];
}

async function start() {
  const [exported, done]: [string[], string[]] = [[], []];
  const server = await startRedisServer();
  const backend = await createServerBackend(server.url);
  const rest = await listen(createRedisRest({ backend, token: "t" }).fetch);
  const posthog = await startRecorder();
  const edge = await startEmbeddedGateway({
    apps: apps(exported, done),
    clock: createFakeClock(),
    posthogHost: posthog.url,
    // QStash keeps its messages elsewhere: it is well.
    settings: { UPSTASH_REDIS_REST_URL: rest.url, UPSTASH_REDIS_REST_TOKEN: "t" },
  });
  return {
    edge,
    exported,
    done,
    backend,
    posthog,
    store: createStore({ url: rest.url, token: "t" }),
    async stop() {
      await edge.stop();
      await Promise.all([rest.stop(), posthog.stop(), backend.close()]);
      await server.stop();
    },
  };
}

const refusals = {
  "is full": [
    ["CONFIG", "SET", "maxmemory", "1"],
    ["CONFIG", "SET", "maxmemory", "0"],
  ],
  "is read-only": [
    ["REPLICAOF", "127.0.0.1", "1"],
    ["REPLICAOF", "NO", "ONE"],
  ],
} as const;

describe.skipIf(requireProgram("redis-server") === null)("while Redis answers, and refuses to write", () => {
  test.each(Object.entries(refusals))(
    "because it %s, events are acknowledged, and none is lost",
    async (_why, [refuse, heal]) => {
      const { edge, exported, done, backend, posthog, store, stop } = await start();
      try {
        const names: string[] = [];
        const startMs = edge.clock.now();
        const send = async (...events: string[]) => {
          names.push(...events);
          expect((await edge.send(events.map((event) => ({ event, distinct_id: "u1" })))).status).toBe(200);
        };
        const pass = async (minutes: number) => {
          for (let minute = 0; minute < minutes; minute += 1) {
            await edge.advance(MINUTE_MS);
            await edge.scheduled(edge.clock.now()).catch(() => {});
            await edge.settle();
          }
        };
        await send("good 1", "bad 1", "later 1");
        await edge.settle();
        await send("good 2", "bad 2", "later 2");
        await backend.command([...refuse]);
        await send("good 3", "bad 3", "later 3");
        await pass(5);
        await send("good 4", "bad 4", "later 4");
        await pass(10);
        await backend.command([...heal]);
        await pass(40);
        await edge.advance(12 * 60 * MINUTE_MS);
        await pass(5);
        const arrived = posthog.requests.flatMap(({ json }) => (json as { batch: Seen[] }).batch);
        expect([...new Set(arrived.map(({ event }) => event))].toSorted()).toEqual(names.toSorted());
        expect([...new Set(exported)].toSorted()).toEqual(names.toSorted());
        expect([...new Set(done)].toSorted()).toEqual(
          names.filter((name) => !name.startsWith("bad")).toSorted(),
        );
        const letters = await countByDestination(store, edge.token);
        expect(letters).toMatchObject([{ plugin: "hooks", hook: "onEvent", letters: 4, events: 4 }]);
        const totals = await readAccounts(store, edge.token, startMs, edge.clock.now());
        expect(totals).toMatchObject({ accepted: names.length, dropped: {}, duplicate: 0 });
        for (const { hook, routed, delivered, ignored, dead } of totals.destinations) {
          expect({ hook, routed }).toEqual({ hook, routed: delivered + ignored + dead });
        }
      } finally {
        await stop();
      }
    },
    120_000,
  );
});
