import { afterEach, describe, expect, test } from "vitest";
import { defineApp } from "../src/apps/testing.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

let edge: TestGateway;
let batches: string[][];
afterEach(() => edge.stop());

const exporter = (plugin = "exporter") =>
  defineApp(
    plugin,
    { exportEvents: (events: { event: string }[]) => void batches.push(events.map(({ event }) => event)) },
    { config: { exportEventsBufferSeconds: "600" } },
  );
async function send(...events: string[]): Promise<void> {
  await edge.capture(...events.map((event) => ({ event, distinct_id: "u1" })));
  await edge.settle();
}
const json = async (path: string, method = "GET") => {
  const answer = await edge.admin(path, { method });
  return [answer.status, await answer.json()];
};

describe("what waits in buffers", () => {
  test("is shown with its size and time, also when its app has gone, and can be deleted", async () => {
    batches = [];
    edge = await startTestGateway({ apps: [exporter()] });
    await send("a", "b");
    const due = new Date(edge.clock.now() + 600_000).toISOString();
    const entry = { project: edge.token, plugin: "exporter", buffer: null, events: 2, due, app: "running" };
    expect(await json("buffers")).toMatchObject([200, { entries: [entry], more: false }]);
    edge.restart([]);
    await edge.advance(3_600_000);
    await edge.scheduled(edge.clock.now());
    await edge.settle();
    expect(await json("buffers")).toMatchObject([200, { entries: [{ ...entry, due: null, app: "gone" }] }]);
    expect(await json("buffers/exporter/flush", "POST")).toMatchObject([409, {}]);
    expect(await json("buffers/exporter", "DELETE")).toEqual([200, { deleted: 2 }]);
    expect(await json("buffers")).toEqual([200, { entries: [], more: false }]);
    expect(await edge.redisCommand("KEYS", "export:*")).toEqual([]);
    const { destinations } = await edge.accounts();
    expect(destinations.find(({ hook }) => hook === "exportEvents")).toMatchObject({
      routed: 2,
      delivered: 0,
      dead: 2,
      deleted: 2,
    });
    expect(await json("buffers/exporter", "DELETE")).toEqual([200, { deleted: 0 }]);
  });

  test("is flushed at a word, before its time and once", async () => {
    batches = [];
    edge = await startTestGateway({ apps: [exporter()] });
    await send("a", "b");
    expect(await json("buffers/exporter/flush", "POST")).toMatchObject([202, { status: "started" }]);
    await edge.settle();
    expect(batches).toEqual([["a", "b"]]);
    await edge.advance(3_600_000);
    expect(batches).toHaveLength(1);
  });

  test("is deleted for one app and buffer only, which the parameters name", async () => {
    batches = [];
    edge = await startTestGateway({ apps: [exporter(), exporter("other")] });
    await send("a");
    expect(await json("buffers/other?buffer=0", "DELETE")).toEqual([200, { deleted: 0 }]);
    expect(await json("buffers/other", "DELETE")).toEqual([200, { deleted: 1 }]);
    expect(await json("buffers")).toMatchObject([200, { entries: [{ plugin: "exporter" }] }]);
    expect(await json("buffers/other?buffer=x", "DELETE")).toMatchObject([400, {}]);
    expect(await json("buffers/other?project=phc_no", "DELETE")).toMatchObject([404, {}]);
  });
});

describe("what an app keeps in Redis", () => {
  const keeper = (plugin: string) =>
    defineApp(plugin, {
      async processEvent(
        event: { event: string },
        { cache, storage, global }: Record<string, { set(key: string, value: unknown): Promise<void> }>,
      ) {
        await cache?.set(event.event, 1);
        await storage?.set(event.event, 1);
        Object.assign(global ?? {}, { last: event.event });
        return event;
      },
    });

  test("is counted by kind and deleted for that app only, in parts, also when the app has gone", async () => {
    edge = await startTestGateway({ apps: [keeper("keep*"), keeper("keeper")] });
    await send("a", "b", "c");
    const keys = { cache: 3, storage: 3, global: 1 };
    const answer = { project: edge.token, plugin: "keep*", cursor: null };
    const path = `apps/${encodeURIComponent("keep*")}/state`;
    expect(await json(path)).toEqual([200, { ...answer, keys }]);
    edge.restart([]);
    expect(await json(`${path}?kind=storage`, "DELETE")).toEqual([
      200,
      { ...answer, deleted: { cache: 0, storage: 3, global: 0 } },
    ]);
    expect(await json(path, "DELETE")).toEqual([200, { ...answer, deleted: { ...keys, storage: 0 } }]);
    expect(await json(path)).toEqual([200, { ...answer, keys: { cache: 0, storage: 0, global: 0 } }]);
    expect(await json("apps/keeper/state")).toMatchObject([200, { keys }]);
  });

  test("is looked at a part at a time, with no more than twenty commands", async () => {
    edge = await startTestGateway({ apps: [keeper("app")] });
    await Promise.all(
      Array.from({ length: 25 }, (_, n) =>
        edge.redisCommand(
          "MSET",
          ...Array.from({ length: 1000 }, (__, m) => [`other:${n}:${m}`, "1"]).flat(),
        ),
      ),
    );
    await send("a");
    const before = edge.redis.counters().commands;
    let cursor: string | null = "0";
    let found = 0;
    let looks = 0;
    for (; cursor !== null; looks += 1) {
      const [, body] = (await json(`apps/app/state?cursor=${cursor}`)) as [
        number,
        { keys: Record<string, number>; cursor: string | null },
      ];
      found += Object.values(body.keys).reduce((sum, number) => sum + number, 0);
      ({ cursor } = body);
    }
    expect([found, looks]).toEqual([3, 2]);
    expect(edge.redis.counters().commands - before).toBeLessThan(32);
  });
});
