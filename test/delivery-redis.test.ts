import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { acknowledgeBatch, appendToBuffer, readBatch, takeBatch } from "../src/delivery/exports/buffer.ts";
import { createServerBackend } from "../src/local/redis/server.ts";
import { createRedisRest } from "../src/local/redis/rest.ts";
import { createLeases } from "../src/schedule/lease.ts";
import { createStore, type Store } from "../src/store.ts";
import { serve } from "@hono/node-server";
import type { AddressInfo } from "node:net";
import { startRedisServer } from "./redis-server.ts";
import { requireProgram } from "./requirements.ts";

const limits = { maxCharacters: 300, maxSeconds: 10, ignored: new Set<string>() };
const where = { project: "phc_test", plugin: "exporter" };
const event = (name: string) => ({
  uuid: name,
  event: name,
  distinct_id: "u1",
  team_id: 1,
  ip: null,
  properties: {},
  timestamp: "2036-03-01T10:00:30.000Z",
  elements: [],
});

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

  test("fill, take, hold and acknowledge the batches of an export buffer", async () => {
    const events = ["a", "b", "c"].map(event);
    const appended = await appendToBuffer(store, { ...where, events, limits, now: 0 });
    expect(appended).toEqual({ full: true, first: true });

    const take = (batch: string, onlyFull: boolean) =>
      takeBatch(store, { ...where, batch, limits, onlyFull });
    const names = ({ events: taken }: { events: { event: string }[] | null }) =>
      taken?.map(({ event: name }) => name);
    const first = await take("1", true);
    expect([names(first), first.full]).toEqual([["a", "b"], false]);
    expect(names(await take("1", true))).toEqual(["a", "b"]);
    expect(names(await take("2", true))).toBeUndefined();
    expect(names(await take("2", false))).toEqual(["c"]);
    expect(await readBatch(store, where.project, where.plugin, "1")).toHaveLength(2);
    await acknowledgeBatch(store, where.project, where.plugin, "1");
    await acknowledgeBatch(store, where.project, where.plugin, "2");
    expect(names(await take("3", false))).toBeUndefined();
    expect(await store.keys("export:*")).toEqual([]);
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
