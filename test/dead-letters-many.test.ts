import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defineApp } from "../src/apps/testing.ts";
import { keys } from "../src/keys.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";
import { type RedisServer, startRedisServer } from "./redis-server.ts";
import { requireProgram } from "./requirements.ts";

const EVENTS_PER_REQUEST = 1000;

/** Twenty thousand requests take long on a busy machine. */
const PATIENCE_MS = 240_000;

describe.skipIf(requireProgram("redis-server") === null)(
  "ten thousand dead letters, in a real Redis",
  { timeout: PATIENCE_MS },
  () => {
    let redis: RedisServer;
    let edge: TestGateway;
    let broken: boolean;
    let seen: number;
    beforeEach(async () => {
      broken = true;
      seen = 0;
      redis = await startRedisServer();
      edge = await startTestGateway({
        redisUrl: redis.url,
        apps: [
          defineApp("reader", {
            onEvent() {
              if (broken) throw new Error("bug");
              seen += 1;
            },
          }),
        ],
      });
    });
    afterEach(async () => {
      await edge.stop();
      await redis.stop();
    });

    async function fail(count: number): Promise<void> {
      for (let sent = 0; sent < count; sent += EVENTS_PER_REQUEST) {
        const events = Math.min(EVENTS_PER_REQUEST, count - sent);
        await edge.capture(
          ...Array.from({ length: events }, (_, n) => ({ event: `e${sent + n}`, distinct_id: "u1" })),
        );
        await edge.settle();
      }
    }
    const api = async <Body>(method: string, path: string, body?: unknown) =>
      (await (await edge.admin(path, body === undefined ? { method } : { method, body })).json()) as Body;
    const kept = () => edge.redisCommand("ZCARD", keys.deadLetters(edge.token));
    const onEvent = async () => (await edge.accounts()).destinations.find(({ hook }) => hook === "onEvent");

    test("make room for newer ones, which is counted, and are searched and deleted in parts", async () => {
      await fail(keys.deadLettersKept + 250);
      expect(await kept()).toBe(keys.deadLettersKept);
      expect(await edge.redisCommand("HLEN", keys.deadLetterSummaries(edge.token))).toBe(
        keys.deadLettersKept,
      );
      const bodies = (await edge.redisCommand("KEYS", "dead:entry:*")) as string[];
      expect(bodies).toHaveLength(keys.deadLettersKept);
      expect(await onEvent()).toMatchObject({ dead: keys.deadLettersKept + 250, expired: 250 });

      const before = edge.redis.counters().requests;
      const page = await api<{ entries: unknown[]; cursor: string | null }>(
        "GET",
        "deadletters?error=nothing",
      );
      expect(page.entries).toEqual([]);
      expect(edge.redis.counters().requests - before).toBeLessThanOrEqual(21);

      let deleted = 0;
      for (let more = true; more;) {
        const answer = await api<{ deleted: number; more: boolean }>("DELETE", "deadletters", { filter: {} });
        deleted += answer.deleted;
        ({ more } = answer);
      }
      expect(deleted).toBe(keys.deadLettersKept);
      expect(await edge.redisCommand("KEYS", "dead:*")).toEqual([]);
      expect(await onEvent()).toMatchObject({ expired: 250, deleted: keys.deadLettersKept });
    });

    test("are replayed part by part, each once, with what is done to be seen on the way", async () => {
      await fail(1200);
      broken = false;
      interface State {
        id: string;
        status: string;
        replayed: number;
      }
      const started = await api<State>("POST", "deadletters/replay", { filter: { plugin: "reader" } });
      expect(started).toMatchObject({ status: "running", replayed: 500 });
      await edge.settle();
      const state = await api<State>("GET", `deadletters/replays/${started.id}`);
      expect(state).toMatchObject({ status: "done", replayed: 1200, refused: 0, missing: 0 });
      expect(seen).toBe(1200);
      expect(await onEvent()).toMatchObject({ routed: 2400, delivered: 1200, dead: 1200, replayed: 1200 });
      expect(await edge.redisCommand("KEYS", "dead:*")).toEqual([]);
    });

    test("of a megabyte each are listed without being read", async () => {
      await edge.stop();
      edge = await startTestGateway({
        redisUrl: redis.url,
        settings: { QSTASH_MAX_MESSAGE_BYTES: "10000000" },
        apps: [
          defineApp(
            "exporter",
            {
              exportEvents() {
                throw new Error("bug");
              },
            },
            { config: { exportEventsBufferSeconds: "1" } },
          ),
        ],
      });
      const text = "x".repeat(90_000);
      for (let letter = 0; letter < 5; letter += 1) {
        await edge.capture(
          ...Array.from({ length: 10 }, (_, n) => ({
            event: `e${n}`,
            distinct_id: "u1",
            properties: { text },
          })),
        );
        await edge.settle();
        await edge.advance(5000);
      }
      const response = await edge.admin("deadletters");
      const answer = await response.text();
      expect(answer.length).toBeLessThan(5000);
      const { entries } = JSON.parse(answer) as { entries: { id: string; characters: number }[] };
      expect(entries).toHaveLength(5);
      expect(entries.every(({ characters }) => characters > 900_000)).toBe(true);
      const letter = await edge.admin(`deadletters/${encodeURIComponent(entries[0]?.id ?? "")}`);
      expect((await letter.text()).length).toBeGreaterThan(900_000);
    });
  },
);
