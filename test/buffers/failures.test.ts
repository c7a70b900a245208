import { afterEach, describe, expect, test } from "vitest";
import { RetryError } from "../../src/apps/errors.ts";
import type { PluginEvent } from "../../src/event.ts";
import {
  add,
  edge,
  failWith,
  flushed,
  onFlush,
  send,
  start,
  startApp,
  summary,
  type Meta,
} from "./buffers.fixture.ts";

afterEach(() => edge.stop());

describe("a buffer of createBuffer", () => {
  test("tries a batch again after 6, 12 and 24 s for a RetryError, then it is a dead letter", async () => {
    await start({ timeoutSeconds: 1 });
    failWith(...Array.from({ length: 4 }, () => new RetryError("down")));
    await send(2, 3);
    await edge.advance(120_000);
    expect(summary()).toEqual([1, 7, 19, 43].map((second) => [2, 5, second * 1000]));
    expect(await edge.deadLetters()).toMatchObject([
      { plugin: "app", hook: "onFlush", buffer: 0, attempts: 4, error: "RetryError: down", events: [0, 1] },
    ]);
    expect(await edge.redisCommand("KEYS", "export:*")).toEqual([]);
  });

  test("gets a batch that was a dead letter again when it is replayed, with its points, until onFlush takes it", async () => {
    await start({ timeoutSeconds: 1 });
    failWith(new Error("bug"), new RetryError("down"), new Error("bug"));
    await send(2, 3);
    await edge.advance(60_000);
    const replay = () => edge.admin("deadletters/replay", { method: "POST", body: { filter: {} } });
    await replay();
    await edge.advance(60_000);
    expect(flushed.map(({ objects, points }) => [objects, points])).toEqual([
      [[0, 1], 5],
      [[0, 1], 5],
      [[0, 1], 5],
    ]);
    expect(await edge.deadLetters()).toMatchObject([{ hook: "onFlush", attempts: 2, points: [2, 3] }]);
    await replay();
    await edge.advance(60_000);
    expect(flushed).toHaveLength(4);
    expect(await edge.deadLetters()).toEqual([]);
    expect(await edge.redisCommand("KEYS", "export:*")).toEqual([]);
  });

  test("loses nothing to any other error: it is logged, and the batch is a dead letter at once", async () => {
    await start({ timeoutSeconds: 1 });
    failWith(new Error("bug"));
    await send(1);
    await edge.advance(60_000);
    expect(flushed).toHaveLength(1);
    expect(await edge.deadLetters()).toMatchObject([{ hook: "onFlush", error: "Error: bug", events: [0] }]);
    const errors = edge.log.filter(({ level }) => level === "ERROR");
    expect(errors).toMatchObject([{ level: "ERROR", source: "PLUGIN", hook: "onFlush" }]);
  });

  test("keeps what it is given while Redis is away, and flushes it once Redis is back", async () => {
    await start({ timeoutSeconds: 1 });
    await send(1);
    edge.setRedisAway(true);
    await send(1, 1);
    edge.setRedisAway(false);
    await edge.advance(120_000);
    // What waits in the queue is in no order.
    expect(flushed.flatMap(({ objects }) => objects).toSorted()).toEqual([0, 0, 1]);
  });

  test("is flushed late rather than never when the message that would flush it was lost", async () => {
    await start({ timeoutSeconds: 1 });
    await send(1);
    await edge.qstash.fetch(
      new Request("http://qstash/v2/messages", {
        method: "DELETE",
        headers: { Authorization: "Bearer qstash-token" },
      }),
    );
    await edge.advance(120_000);
    expect(flushed).toEqual([]);
    await edge.scheduled(edge.clock.now());
    await edge.settle();
    expect(flushed.map(({ objects }) => objects)).toEqual([[0]]);
  });

  test("waits for its app to make it where that happens only in an event, and is a dead letter after a day", async () => {
    await startApp((createBuffer) => ({
      processEvent(event: PluginEvent, { global }: Meta) {
        global["buffer"] ??= createBuffer({ timeoutSeconds: 1, onFlush });
        add(global["buffer"], event);
        return event;
      },
    }));
    await send(1);
    edge.restart();
    await edge.advance(60_000);
    expect(flushed).toEqual([]);
    await send(1);
    await edge.advance(600_000);
    expect(flushed.map(({ objects }) => objects)).toEqual([[0, 0]]);
    await send(1);
    edge.restart();
    await edge.advance(25 * 3_600_000);
    expect(await edge.deadLetters()).toMatchObject([{ hook: "onFlush", buffer: 0, events: [0] }]);
  });
});
