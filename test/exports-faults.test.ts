import { afterEach, describe, expect, test } from "vitest";
import { keys } from "../src/keys.ts";
import { RetryError } from "../src/apps/errors.ts";
import { defineApp } from "../src/apps/testing.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

let edge: TestGateway;
let batches: { events: string[]; atMs: number }[] = [];
afterEach(() => edge.stop());

/** An exporter that writes its batches down; `then` may break something afterwards. */
function exporter(then: (nth: number) => void, config: Record<string, string> = {}) {
  batches = [];
  const exportEvents = (events: { event: string }[]) => {
    batches.push({ events: events.map(({ event }) => event), atMs: edge.clock.now() });
    then(batches.length);
  };
  return defineApp("exporter", { exportEvents }, { config });
}

async function start(then: (nth: number) => void = () => {}, config?: Record<string, string>): Promise<void> {
  edge = await startTestGateway({ apps: [exporter(then, config)] });
}

const send = async (...names: string[]) => {
  await edge.capture(...names.map((event) => ({ event, distinct_id: "u1" })));
  await edge.settle();
};
const exported = () => batches.map(({ events }) => events.join());
const countsOfExporter = async () =>
  (await edge.accounts()).destinations.find(({ plugin }) => plugin === "exporter");

describe("exportEvents", () => {
  test("gets every batch of a flush that was cut off when its message comes again, without the sweep", async () => {
    let crashes = false;
    await start(
      (nth) => {
        crashes = nth === 2;
      },
      { exportEventsBufferBytes: "300" },
    );
    await edge.capture(
      ...["a", "b", "c"].map((event) => ({ event, distinct_id: "u", properties: { p: "x".repeat(300) } })),
    );
    edge.faults.decide(({ to }) => (crashes && to === "redis" ? "crash before" : "pass"));
    await edge.settle();
    expect(exported()).toEqual(["a", "b"]);
    edge.faults.decide(() => "pass");
    edge.restart();
    await edge.advance(60_000);
    expect(exported().toSorted()).toEqual(["a", "b", "b", "c"]);
    expect(await countsOfExporter()).toMatchObject({ routed: 3, delivered: 3 });
    expect(await edge.redisCommand("KEYS", "export:*")).toEqual([]);
  });

  test("gets a batch in its time when Redis' answer to what filled it was lost", async () => {
    await start();
    await edge.capture({ event: "a", distinct_id: "u1" });
    const startMs = edge.clock.now();
    let calls = 0;
    // The first is the message's begin, the second fills the buffer.
    edge.faults.decide(({ to }) => (to === "redis" && (calls += 1) === 2 ? "lose answer" : "pass"));
    await edge.settle();
    await edge.advance(30_000);
    expect(batches).toEqual([{ events: ["a"], atMs: startMs + 10_000 }]);
  });

  test("gets each event once from flushes of its buffer that run at the same time", async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const exportEvents = async (events: { event: string }[]) => {
      batches.push({ events: events.map(({ event }) => event), atMs: edge.clock.now() });
      await released;
    };
    batches = [];
    const config = { exportEventsBufferBytes: "300" };
    edge = await startTestGateway({ apps: [defineApp("exporter", { exportEvents }, { config })] });
    const properties = { p: "x".repeat(300) };
    await edge.capture(...["a", "b", "c"].map((event) => ({ event, distinct_id: "u", properties })));
    const flush = { v: 2, project: edge.token, plugin: "exporter", reason: "size" };
    for (const id of ["one", "two", "three"]) await edge.publish("export", { ...flush, id });
    const settled = edge.settle();
    await expect.poll(() => batches.length).toBeGreaterThan(1);
    release();
    await settled;
    await edge.advance(30_000);
    expect(exported().toSorted()).toEqual(["a", "b", "c"]);
    expect(await countsOfExporter()).toMatchObject({ routed: 3, delivered: 3 });
  });

  test.each([-1, 1])(
    "gets a batch in its time though the clock of who filled its buffer is %i h off",
    async (hours) => {
      await start();
      const startMs = edge.clock.now();
      await send("a");
      const [member = ""] = (await edge.redisCommand("ZRANGE", "export:due", "0", "-1")) as string[];
      await edge.redisCommand("ZADD", "export:due", "XX", String(startMs + hours * 3_600_000), member);
      await edge.scheduled(edge.clock.now());
      await edge.settle();
      await edge.advance(30_000);
      expect(exported()).toEqual(["a"]);
      expect((batches[0]?.atMs ?? Number.POSITIVE_INFINITY) - startMs).toBeLessThanOrEqual(10_000);
    },
  );

  test("does not get a batch again that Redis could not be told to forget at once", async () => {
    await start();
    await send("a");
    edge.faults.decide(({ to }) => (to === "redis" && batches.length > 0 ? "refuse" : "pass"));
    await edge.advance(10_000);
    expect(exported()).toEqual(["a"]);
    expect(await edge.redisCommand("KEYS", "export:*:batch:*")).toHaveLength(1);
    edge.faults.decide(() => "pass");
    await edge.advance(3_600_000);
    await edge.scheduled(edge.clock.now());
    await edge.settle();
    expect(exported()).toEqual(["a"]);
    expect(await countsOfExporter()).toMatchObject({ routed: 1, delivered: 1 });
    expect(await edge.redisCommand("KEYS", "export:*")).toEqual([]);
  });

  test("is told apart from its retries in the accounts: each attempt that failed counts, the first too", async () => {
    await start((nth) => {
      if (nth <= 2) throw new RetryError("busy");
    });
    await send("a", "b");
    await edge.advance(60_000);
    expect(exported()).toEqual(["a,b", "a,b", "a,b"]);
    expect(await countsOfExporter()).toMatchObject({ routed: 2, retried: 4, delivered: 2 });
  });

  test("gives the batches of a flush that comes again names of their own, so that no dead letter replaces another", async () => {
    let crashes = false;
    await start(
      (nth) => {
        crashes = nth === 2;
        throw new Error(`bug ${nth}`);
      },
      { exportEventsBufferBytes: "300" },
    );
    await edge.capture(
      ...["a", "b", "c"].map((event) => ({ event, distinct_id: "u", properties: { p: "x".repeat(300) } })),
    );
    edge.faults.decide(({ to }) => (crashes && to === "redis" ? "crash before" : "pass"));
    await edge.settle();
    edge.faults.decide(() => "pass");
    edge.restart();
    await edge.advance(60_000);
    const buried = (await edge.deadLetters()).flatMap(({ events }) => events as { event: string }[]);
    expect(buried.map(({ event }) => event).toSorted()).toEqual(["a", "b", "c"]);
  });
});

describe("a buffer whose app does not run", () => {
  const DAY_SECONDS = 24 * 3600;
  const DAY_MS = DAY_SECONDS * 1000;
  const sweep = async () => {
    await edge.scheduled(edge.clock.now());
    await edge.settle();
  };
  /** Lets time pass, with a few ticks of the cron in it. */
  const pass = async (ms: number, ticks = 4) => {
    for (let tick = 0; tick < ticks; tick += 1) {
      await edge.advance(ms / ticks);
      await sweep();
    }
  };

  test("becomes dead letters of its events after a week, and they are counted", async () => {
    await start();
    await send("a", "b");
    edge.restart([]);
    await pass(DAY_MS);
    expect(await edge.deadLetters()).toEqual([]);
    // The embedded Redis lets keys live by the machine's clock.
    await edge.redisCommand("EXPIRE", "export:phc_test:exporter:buffer", String(6.9 * DAY_SECONDS));
    await pass(DAY_MS);
    expect(await edge.deadLetters()).toMatchObject([
      { plugin: "exporter", hook: "exportEvents", events: [{ event: "a" }, { event: "b" }] },
    ]);
    expect(await countsOfExporter()).toMatchObject({ routed: 2, dead: 2 });
    expect(await edge.redisCommand("KEYS", "export:*")).toEqual([]);
  });

  test("is exported when the app runs again, and costs no message meanwhile", async () => {
    await start();
    await send("a");
    edge.restart([]);
    await pass(120_000);
    edge.faults.decide(() => "pass");
    await pass(DAY_MS / 2);
    expect(edge.faults.calls().filter(({ to }) => to === "qstash")).toEqual([]);
    edge.restart([exporter(() => {})]);
    await pass(20 * 60_000);
    expect(exported()).toEqual(["a"]);
    await pass(20 * 60_000);
    expect(await edge.redisCommand("KEYS", "export:*")).toEqual([]);
  });

  test("does not keep another's from being swept, however many there are", async () => {
    await start();
    await send("a");
    await edge.qstash.fetch(
      new Request("http://qstash/v2/messages", {
        method: "DELETE",
        headers: { Authorization: "Bearer qstash-token" },
      }),
    );
    const stale = Array.from({ length: 250 }, (_, n) => ["1", `phc_gone gone${n}`]).flat();
    await edge.redisCommand("ZADD", "export:due", ...stale);
    await edge.advance(120_000);
    await sweep();
    expect(exported()).toEqual(["a"]);
  });
});

test("a buffer that QStash does not have flushed is kept for as long as that lasts", async () => {
  await start();
  await send("a");
  edge.setQStashAway(true);
  const names = (await edge.redisCommand("KEYS", "export:*")) as string[];
  expect(names).toHaveLength(3);
  for (const name of names) await edge.redisCommand("EXPIRE", name, "1000");
  edge.clock.set(edge.clock.now() + 120_000);
  await edge.scheduled(edge.clock.now()).catch(() => {});
  for (const name of names) {
    expect(Number(await edge.redisCommand("TTL", name))).toBeGreaterThan(keys.exportTtlSeconds - 1000);
  }
});
