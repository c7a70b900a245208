import { afterEach, describe, expect, test } from "vitest";
import { RetryError } from "../src/apps/errors.ts";
import { defineApp } from "../src/apps/testing.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

interface Exported {
  event: string;
  elements: unknown[];
}

let edge: TestGateway;
let batches: { events: string[]; atMs: number }[] = [];
let failures: unknown[] = [];

/** An exporter that writes its batches down, and throws `failures` first. */
async function startExporter(config: Record<string, string> = {}): Promise<void> {
  batches = [];
  failures = [];
  edge = await startTestGateway({
    apps: [
      defineApp(
        "exporter",
        {
          exportEvents(events: Exported[]) {
            batches.push({ events: events.map(({ event }) => event), atMs: edge.clock.now() });
            if (failures.length > 0) throw failures.shift();
          },
        },
        { config },
      ),
    ],
  });
}
afterEach(() => edge.stop());

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);
const send = async (events: readonly string[]) => {
  await edge.capture(...events.map((event) => ({ event, distinct_id: "u1" })));
  await edge.settle();
};

describe("exportEvents", () => {
  test("gets the events of several requests in one batch, ten seconds after the first", async () => {
    await startExporter();
    const startMs = edge.clock.now();
    await send(["a", "b"]);
    await edge.advance(4000);
    await send(["c"]);
    expect(batches).toEqual([]);
    await edge.advance(60_000);
    expect(batches).toEqual([{ events: ["a", "b", "c"], atMs: startMs + 10_000 }]);
  });

  test("gets what was buffered when its process ended, from the next one", async () => {
    await startExporter();
    await send(["a"]);
    await edge.tearDown();
    edge.restart();
    await edge.advance(60_000);
    expect(batches.map(({ events }) => events)).toEqual([["a"]]);
  });

  test("starts the time of the next batch with its own first event", async () => {
    await startExporter({ exportEventsBufferSeconds: "5" });
    await send(["a"]);
    await edge.advance(20_000);
    const secondMs = edge.clock.now();
    await send(["b"]);
    await edge.advance(20_000);
    expect(batches.map(({ events }) => events)).toEqual([["a"], ["b"]]);
    expect(batches[1]?.atMs).toBe(secondMs + 5000);
  });

  test("gets full batches at once and the rest when its time has come", async () => {
    await startExporter({ exportEventsBufferBytes: "2000", exportEventsBufferSeconds: "1" });
    const sent = names("event", 20);
    await send(sent);
    const full = batches.length;
    expect(full).toBeGreaterThan(1);
    await edge.advance(1000);
    expect(batches).toHaveLength(full + 1);
    expect(batches.flatMap(({ events }) => events)).toEqual(sent);
    const sizes = batches.slice(0, full).map(({ events }) => events.length);
    expect(new Set(sizes).size).toBe(1);
  });

  test("gets an event above the limit alone and whole", async () => {
    await startExporter({ exportEventsBufferBytes: "500", exportEventsBufferSeconds: "1" });
    await edge.capture(
      { event: "big", distinct_id: "u1", properties: { text: "x".repeat(3000) } },
      { event: "small", distinct_id: "u1" },
    );
    await edge.settle();
    expect(batches.map(({ events }) => events)).toEqual([["big"]]);
    await edge.advance(1000);
    expect(batches.map(({ events }) => events)).toEqual([["big"], ["small"]]);
  });

  test("is spared what exportEventsToIgnore names, exactly and case-sensitively", async () => {
    await startExporter({ exportEventsToIgnore: "noise, chatter " });
    await send(["noise", "chatter", "Noise", "signal"]);
    await edge.advance(10_000);
    expect(batches.flatMap(({ events }) => events)).toEqual(["Noise", "signal"]);
  });

  test.each([
    ["0", 1],
    ["-5", 1],
    ["nonsense", 10],
    ["100000", 600],
  ])("waits for exportEventsBufferSeconds=%s no less and no more than %i s", async (seconds, expected) => {
    await startExporter({ exportEventsBufferSeconds: seconds });
    const startMs = edge.clock.now();
    await send(["a"]);
    await edge.advance(700_000);
    expect(batches.map(({ atMs }) => (atMs - startMs) / 1000)).toEqual([expected]);
  });

  test("gets the same batch again after 6, 12 and 24 s for a RetryError, then it is a dead letter", async () => {
    await startExporter({ exportEventsBufferSeconds: "1" });
    failures = Array.from({ length: 9 }, () => new RetryError("service is down"));
    await send(["a", "b"]);
    await edge.advance(600_000);
    const firstMs = batches[0]?.atMs ?? 0;
    expect(batches.map(({ events, atMs }) => [events.join(), (atMs - firstMs) / 1000])).toEqual([
      ["a,b", 0],
      ["a,b", 6],
      ["a,b", 18],
      ["a,b", 42],
    ]);
    expect(await edge.deadLetters()).toMatchObject([
      {
        plugin: "exporter",
        hook: "exportEvents",
        attempts: 4,
        error: "RetryError: service is down",
        events: [{ event: "a", elements: [] }, { event: "b" }],
      },
    ]);
    expect(await edge.redisCommand("KEYS", "export:*")).toEqual([]);
  });

  test("succeeds on a later attempt, and new events do not wait for that", async () => {
    await startExporter({ exportEventsBufferSeconds: "1" });
    failures = [new RetryError("busy")];
    await send(["a"]);
    await edge.advance(1000);
    await send(["b"]);
    await edge.advance(1000);
    expect(batches.map(({ events }) => events)).toEqual([["a"], ["b"]]);
    await edge.advance(60_000);
    expect(batches.map(({ events }) => events)).toEqual([["a"], ["b"], ["a"]]);
    expect(await edge.deadLetters()).toEqual([]);
  });

  test("loses no batch to a plain error: it is a dead letter at once", async () => {
    await startExporter({ exportEventsBufferSeconds: "1" });
    failures = [new Error("bug")];
    await send(["a"]);
    await edge.advance(60_000);
    expect(batches).toHaveLength(1);
    expect(await edge.deadLetters()).toMatchObject([
      { error: "Error: bug", attempts: 1, events: [{ event: "a" }] },
    ]);
  });

  test("does not get recordings", async () => {
    await startExporter();
    await send(["$snapshot", "a"]);
    await edge.advance(10_000);
    expect(batches.flatMap(({ events }) => events)).toEqual(["a"]);
  });

  test("gets a buffer late rather than never when the message that would flush it was lost", async () => {
    await startExporter();
    await send(["b"]);
    await cancelAllMessages();
    await edge.advance(30_000);
    await edge.scheduled(edge.clock.now());
    await edge.settle();
    expect(batches).toEqual([]);
    await edge.advance(60_000);
    await edge.scheduled(edge.clock.now());
    await edge.settle();
    expect(batches.map(({ events }) => events)).toEqual([["b"]]);
  });
});

async function cancelAllMessages(): Promise<void> {
  const answer = await edge.qstash.fetch(
    new Request("http://qstash/v2/messages", {
      method: "DELETE",
      headers: { Authorization: "Bearer qstash-token" },
    }),
  );
  expect(await answer.json()).toMatchObject({ cancelled: 1 });
}
