import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readAccounts } from "../src/accounts/read.ts";
import { createCommandBatch } from "../src/apps/meta/command-batch.ts";
import { changeOverride, readRecord } from "../src/apps/state/record.ts";
import {
  encodeObserved,
  FAILING_MS_TO_OPEN,
  FAILURES_TO_OPEN,
  type Health,
  probeIntervalMs,
} from "../src/delivery/breaker/health.ts";
import { closeBreaker, readBreakers } from "../src/delivery/breaker/store.ts";
import { countByDestination } from "../src/delivery/dead-letters/count.ts";
import { createDeadLetters, type DeadLetters } from "../src/delivery/dead-letters/index.ts";
import { acknowledgement, readBatch, takeBatch } from "../src/delivery/exports/batch.ts";
import { appendToBuffer } from "../src/delivery/exports/buffer.ts";
import { beginMessage } from "../src/delivery/progress/begin.ts";
import { recordSteps } from "../src/delivery/progress/record.ts";
import { readEntry } from "../src/delivery/spool/entry.ts";
import { createSpool } from "../src/delivery/spool/index.ts";
import { createLine } from "../src/delivery/spool/line.ts";
import { deriveId } from "../src/derived-id.ts";
import { keys } from "../src/keys.ts";
import { createServerBackend } from "../src/local/redis/server.ts";
import { createRedisRest } from "../src/local/redis/rest.ts";
import { createLeases } from "../src/schedule/lease.ts";
import { createStore, type Store } from "../src/store.ts";
import { serve } from "@hono/node-server";
import type { AddressInfo } from "node:net";
import { startRedisServer } from "./redis-server.ts";
import { requireProgram } from "./requirements.ts";

const limits = { maxSize: 10, maxSeconds: 10 };
const where = { project: "phc_test", plugin: "exporter" };
/** An item of a buffer that holds ten in a batch. */
const item = (name: string, size: number) => ({ size, json: JSON.stringify(name) });

describe.skipIf(requireProgram("redis-server") === null)("on a real Redis, the gateway's own scripts", () => {
  let store: Store;
  let deadLetters: DeadLetters;
  let command: (words: string[]) => Promise<unknown>;
  let stop = async () => {};

  beforeAll(async () => {
    const redis = await startRedisServer();
    const backend = await createServerBackend(redis.url);
    const rest = createRedisRest({ backend, token: "t" });
    command = async (words) => backend.command(words);
    const { promise, resolve } = Promise.withResolvers<AddressInfo>();
    const server = serve({ hostname: "127.0.0.1", port: 0, fetch: rest.fetch }, resolve);
    const { port } = await promise;
    store = createStore({ url: `http://127.0.0.1:${port}`, token: "t" });
    deadLetters = createDeadLetters({ store, mask: (text) => text, now: () => new Date(0), onFault() {} });
    stop = async () => {
      server.close();
      await backend.close();
      await redis.stop();
    };
  });
  afterAll(() => stop());

  test("fill, take, hold and acknowledge the batches of a buffer", async () => {
    const items = [item("a", 4.5), item("b", 5.5), item("none", 0), item("c", 1)];
    const from = { route: "deliver", id: "m1" } as const;
    for (let delivery = 0; delivery < 2; delivery += 1) {
      const appended = await appendToBuffer(store, { ...where, from, items, limits, nowMs: 0 });
      expect(appended).toEqual({ full: true, first: true });
    }

    const by = { route: "export", id: "m" } as const;
    const take = (number: number, onlyFull: boolean) =>
      takeBatch<string>(store, { ...where, by, number, limits, onlyFull, nowMs: 0 });
    const first = { items: ["a", "b", "none"], full: false, reached: 1 };
    expect(await take(0, true)).toEqual(first);
    expect(await take(0, true)).toEqual(first);
    expect(await take(1, true)).toEqual({ items: null, full: false, reached: 1 });
    expect(await take(1, false)).toEqual({ items: ["c"], full: false, reached: 2 });
    expect(await readBatch(store, { ...where, batch: "m:0" })).toHaveLength(3);
    for (const batch of ["m:0", "m:1", "m:1"]) {
      const counts = { "delivered exportEvents exporter": 1 };
      await store.eval(...acknowledgement({ ...where, batch, counts, nowMs: 0 }));
    }
    const totals = await readAccounts(store, where.project, 0, 0);
    expect(totals.destinations).toMatchObject([{ plugin: "exporter", delivered: 2 }]);
    // What the message has done with stays behind it, whatever else the buffer holds by then.
    await appendToBuffer(store, { ...where, items: [item("d", 1)], limits, nowMs: 0 });
    expect(await take(0, false)).toEqual({ items: null, full: false, reached: 2 });
    expect(await take(2, false)).toEqual({ items: ["d"], full: false, reached: 3 });
    await store.eval(...acknowledgement({ ...where, batch: "m:2", counts: {}, nowMs: 0 }));
    expect(await store.keys("export:*")).toEqual([]);
  });

  test("change an app's record for one of several at once, the others after it", async () => {
    const commands = createCommandBatch({ store, onRequest: () => {}, background: () => {} });
    const count = () =>
      changeOverride(commands, "phc_test", "app", (current) => ({ revision: (current?.revision ?? 0) + 1 }));
    const changes = await Promise.all([count(), count(), count()]);
    expect(changes.map(({ value, changed }) => [value?.revision, changed]).toSorted()).toEqual([
      [1, true],
      [2, true],
      [3, true],
    ]);
    const { fields } = await readRecord(store, "phc_test", []);
    expect([...fields]).toEqual([["override app", '{"revision":3}']]);
  });

  test("begin a message once at a time, mark its events, and count its steps once", async () => {
    const names = Array.from({ length: 2500 }, (_, n) => `uuid${n}`);
    const begin = (id: string, owner: string, nowMs: number, asked: readonly string[]) =>
      beginMessage(store, {
        route: "deliver",
        project: where.project,
        id,
        owner,
        nowMs,
        probing: null,
        question: { names: asked, positions: [...asked.keys()], repeated: [] },
      });
    const startMs = Date.UTC(2036, 0, 1);
    expect(await begin("message-one", "a", startMs, names)).toMatchObject({
      state: "begun",
      progress: { steps: {}, repeats: "" },
    });
    expect(await begin("message-one", "b", startMs + 1000, names)).toEqual({ state: "busy", forMs: 29_000 });
    expect(await begin("message-one", "a", startMs, names)).toMatchObject({ progress: { repeats: "" } });
    expect(await begin("message-two", "c", startMs, ["new", "uuid7", "uuid2499"])).toMatchObject({
      progress: { repeats: "1,2" },
    });
    const record = (message: "free" | "done", owner: string) =>
      recordSteps(
        { store, deadLetters },
        {
          route: "deliver",
          project: where.project,
          id: "message-one",
          owner,
          message,
          atMs: startMs,
          steps: { posthog: { "delivered posthog": 3 } },
          outbox: "[]",
        },
      );
    await record("free", "a");
    expect(await begin("message-one", "b", startMs + 1000, names)).toMatchObject({
      state: "begun",
      progress: { steps: {}, repeats: "" },
      outbox: "[]",
    });
    await record("done", "b");
    await record("done", "a");
    expect(await begin("message-one", "b", startMs + 2000, names)).toEqual({ state: "done" });
    const totals = await readAccounts(store, where.project, startMs, startMs);
    expect(totals.destinations).toMatchObject([{ hook: "posthog", delivered: 3 }]);
    const made = await Promise.all(
      ["message:*", "marks:*", "account:*"].map((pattern) => store.keys(pattern)),
    );
    expect(made.every((found) => found.length > 0)).toBe(true);
    for (const key of made.flat()) expect(await store.ttl(key)).toBeGreaterThan(0);
  });

  test("remember what a message did in little room, for 25 hours after QStash last brought it", async () => {
    const { project } = where;
    const [route, owner] = ["deliver", "one"];
    const id = deriveId("remembered");
    const key = keys.progress(route, id);
    const question = { names: [], positions: [], repeated: [] };
    const begin = () => beginMessage(store, { route, project, id, owner, nowMs: 0, question, probing: null });
    const renewed = async (names: string[]) => {
      for (const name of names) await store.expire(name, 10);
      const { state } = await begin();
      const lives = await Promise.all(names.map((name) => store.ttl(name)));
      return [state, ...lives.map((life) => life > 24 * 3600)];
    };
    const record = (message: "free" | "done", outbox?: string) =>
      recordSteps(
        { store, deadLetters },
        {
          route,
          id,
          project,
          owner,
          message,
          atMs: 0,
          steps: { posthog: { "delivered posthog": 1 } },
          ...(outbox === undefined ? {} : { outbox }),
        },
      );

    await record("free", "[]");
    expect(await renewed([key, keys.outbox(route, id)])).toEqual(["begun", true, true]);
    await record("done");
    expect(await renewed([key])).toEqual(["done", true]);
    expect(Number(await command(["MEMORY", "USAGE", key]))).toBeLessThan(200);
  });

  test("say that a step is done only with its dead letters, all of them", async () => {
    const project = "phc_letters";
    const at = new Date(0).toISOString();
    const letter = (n: number) => ({
      id: `letter ${n}`,
      project,
      hook: "posthog",
      error: "refused",
      attempts: 1,
      firstAt: at,
      lastAt: at,
      events: [{ text: "x".repeat(n === 0 ? 1_600_000 : 10) }],
    });
    const recording = {
      route: "deliver",
      id: "with letters",
      project,
      owner: "one",
      atMs: 0,
      message: "done" as const,
      steps: { posthog: { "dead posthog": 600 } },
      letters: Array.from({ length: 600 }, (_, n) => letter(n)),
    };
    await store.set(keys.deadLetters(project), "no list");
    await expect(recordSteps({ store, deadLetters }, recording)).rejects.toThrow("WRONGTYPE");
    expect(await store.exists(keys.progress("deliver", "with letters"))).toBe(0);
    await store.del(keys.deadLetters(project));
    for (let time = 0; time < 2; time += 1) await recordSteps({ store, deadLetters }, recording);
    expect(await store.get(keys.progress("deliver", "with letters"))).toBe("done");
    expect(await store.zcard(keys.deadLetters(project))).toBe(600);
    const { destinations } = await readAccounts(store, project, 0, 0);
    expect(destinations).toMatchObject([{ hook: "posthog", dead: 600 }]);
    expect(await countByDestination(store, project)).toEqual([
      { project, hook: "posthog", letters: 600, events: 600 },
    ]);
  });

  test("keep messages in the spool in order, once each, show them to one sweep at a time, and forget them", async () => {
    const spool = createSpool({ store, maxBytes: 10_000, nowMs: () => Date.UTC(2036, 0, 1) });
    const message = (id: string) => ({ route: "job" as const, id, body: `"${id}"` });
    const all = Array.from({ length: 20 }, (_, n) => message(`m${n}`));
    await spool.put(all.slice(0, 10));
    await spool.put(all);
    await expect(spool.put([{ ...message("large"), body: "x".repeat(5000) }])).rejects.toThrow(
      "SPOOL_MAX_BYTES",
    );
    for (const key of await store.keys("spool:*")) expect(await store.ttl(key)).toBeGreaterThan(0);

    const lineOf = (owner: string) => createLine({ store, owner, nowMs: () => 0 });
    const [line, second] = [lineOf("one"), lineOf("two")];
    const { count, waiting } = await line.begin();
    expect(count).toBe(20);
    expect(waiting.map(({ key }) => key)).toEqual(all.map(({ id }) => `spool:job:${id}`));
    expect((await second.begin()).waiting).toEqual([]);
    const texts = await line.read(waiting);
    expect(texts.map((text) => readEntry(text ?? "", 0))).toEqual(all);
    expect(await second.moveOn(waiting, [])).toBe(null);
    const next = await line.moveOn(waiting.slice(0, 10), waiting.slice(10, 11));
    expect(next?.map(({ name }) => name)).toEqual(
      [...waiting.slice(11), ...waiting.slice(10, 11)].map(({ name }) => name),
    );
    expect(await line.end()).toBe(10);
    expect(await second.moveOn(next ?? [], [])).toBe(null);
    expect((await second.begin()).waiting).toHaveLength(10);
    expect(await second.moveOn(next ?? [], [])).toEqual([]);
    expect(await second.end()).toBe(0);
    expect(await store.keys("spool:*")).toEqual([]);
  });

  test("open a destination's breaker after failures in a row, let one message probe it, and forget it when it is back", async () => {
    const startMs = Date.UTC(2036, 0, 1);
    const begin = (id: string, nowMs: number, probing: string | null) =>
      beginMessage(store, {
        route: "retry",
        project: "phc_broken",
        id,
        owner: id,
        nowMs,
        probing,
        question: { names: [], positions: [], repeated: [] },
      });
    const observe = (id: string, atMs: number, health: Health) =>
      recordSteps(
        { store, deadLetters },
        {
          route: "retry",
          project: "phc_broken",
          id,
          owner: id,
          atMs,
          steps: {},
          message: "done",
          observed: encodeObserved({ posthog: health }, (text) => text),
        },
      );
    const down: Health = { is: "down", why: "down" };
    for (let n = 1; n <= FAILURES_TO_OPEN; n += 1) await observe(`failing ${n}`, startMs, down);
    expect(await begin("still closed", startMs, "posthog")).toMatchObject({
      breakers: { posthog: { failures: FAILURES_TO_OPEN, sinceMs: startMs, why: "down" } },
      isProbe: false,
    });
    const openMs = startMs + FAILING_MS_TO_OPEN;
    const probeMs = openMs + probeIntervalMs("open");
    await observe("failing", openMs, down);
    expect(await begin("early", probeMs - 1, "posthog")).toMatchObject({ isProbe: false });
    expect(await begin("bystander", probeMs, null)).toMatchObject({
      breakers: { posthog: { state: "open" } },
      isProbe: false,
    });
    expect(await begin("probe", probeMs, "posthog")).toMatchObject({ isProbe: true });
    expect(await begin("second", probeMs + 1, "posthog")).toMatchObject({ isProbe: false });
    await observe("probe", probeMs + 2, { is: "parked", why: "no token" });
    expect(await readBreakers(store, "phc_broken")).toMatchObject({
      posthog: { state: "parked", sinceMs: probeMs + 2, why: "no token" },
    });
    expect(await store.ttl(keys.breakers("phc_broken"))).toBeGreaterThan(0);
    await closeBreaker(store, "phc_broken", "onEvent other");
    await observe("probe", probeMs + 3, { is: "up" });
    expect(await store.exists(keys.breakers("phc_broken"))).toBe(0);
  });

  test("give a lease to one owner at a time, who alone may renew and release it", async () => {
    const leases = createLeases(store);
    expect(await leases.acquire("lease", "one")).toBe(true);
    expect(await leases.acquire("lease", "two")).toBe(false);
    expect([await leases.renew("lease", "two"), await leases.renew("lease", "one")]).toEqual([false, true]);
    await leases.release("lease", "two");
    expect(await leases.acquire("lease", "two")).toBe(false);
    await leases.release("lease", "one");
    expect(await leases.acquire("lease", "two")).toBe(true);
  });
});
