import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { acknowledgeBatch, appendToBuffer, readBatch, takeBatch } from "../src/delivery/exports/buffer.ts";
import { createCommandBatch } from "../src/apps/meta/command-batch.ts";
import { changeOverride, readRecord } from "../src/apps/state/record.ts";
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
  let stop = async () => {};

  beforeAll(async () => {
    const redis = await startRedisServer();
    const backend = await createServerBackend(redis.url);
    const rest = createRedisRest({ backend, token: "t" });
    const { promise, resolve } = Promise.withResolvers<AddressInfo>();
    const server = serve({ hostname: "127.0.0.1", port: 0, fetch: rest.fetch }, resolve);
    const { port } = await promise;
    store = createStore({ url: `http://127.0.0.1:${port}`, token: "t" });
    stop = async () => {
      server.close();
      await backend.close();
      await redis.stop();
    };
  });
  afterAll(() => stop());

  test("fill, take, hold and acknowledge the batches of a buffer", async () => {
    const items = [item("a", 4.5), item("b", 5.5), item("none", 0), item("c", 1)];
    const appended = await appendToBuffer(store, { ...where, items, limits, now: 0 });
    expect(appended).toEqual({ full: true, first: true });

    const take = (batch: string, onlyFull: boolean) =>
      takeBatch<string>(store, { ...where, batch, limits, onlyFull });
    expect(await take("1", true)).toEqual({ items: ["a", "b", "none"], full: false });
    expect(await take("1", true)).toEqual({ items: ["a", "b", "none"], full: false });
    expect(await take("2", true)).toEqual({ items: null, full: false });
    expect(await take("2", false)).toEqual({ items: ["c"], full: false });
    expect(await readBatch(store, where.project, where.plugin, "1")).toHaveLength(3);
    await acknowledgeBatch(store, where.project, where.plugin, "1");
    await acknowledgeBatch(store, where.project, where.plugin, "2");
    expect(await take("3", false)).toEqual({ items: null, full: false });
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
