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

describe("flush() of a buffer", () => {
  const flushing = { onEvent: (_event: unknown, { global }: Meta) => global["buffer"]?.flush() };

  test("brings onFlush what this invocation and all before it have added, once", async () => {
    await start({ limit: 3 }, () => ({
      onEvent(event: PluginEvent, { global }: Meta) {
        if (event.event !== "flush") return undefined;
        global["buffer"]?.add("last");
        return global["buffer"]?.flush();
      },
    }));
    await send(1, 1);
    await edge.capture({ event: "flush", distinct_id: "u1", properties: { value: "flush" } });
    await edge.settle();
    await edge.advance(120_000);
    expect(flushed.map(({ objects }) => objects)).toEqual([[0, 1, "flush"], ["last"]]);
    expect(await edge.redisCommand("KEYS", "export:*")).toEqual([]);
  });

  test("in teardownPlugin leaves nothing behind", async () => {
    await start({}, () => ({ teardownPlugin: ({ global }: Meta) => global["buffer"]?.flush() }));
    await send(1);
    await edge.tearDown();
    await edge.advance(120_000);
    expect(summary()).toEqual([[1, 1, 0]]);
  });

  test("does nothing when there is nothing to flush", async () => {
    await startApp((createBuffer) => {
      const buffer = createBuffer({ onFlush });
      return { onEvent: () => buffer.flush() };
    });
    await send(1);
    expect([flushed, edge.log, await edge.redisCommand("KEYS", "export:*")]).toEqual([[], [], []]);
  });

  test("rejects with what onFlush throws, and a RetryError brings the batch again by itself", async () => {
    await start({}, () => flushing);
    failWith(new RetryError("down"));
    await send(1);
    const failures = edge.log.filter(({ hook }) => hook !== "setupPlugin");
    expect(failures.map(({ message }) => message)).toEqual([
      expect.stringContaining("onFlush failed with RetryError: down (attempt 1/4). Retrying in 6 s"),
      expect.stringContaining("onEvent failed with RetryError: down (attempt 1/6). Retrying in 5 s"),
    ]);
    await edge.advance(10_000);
    expect(summary()).toEqual([
      [1, 1, 0],
      [1, 1, 6000],
    ]);
  });

  test("whose isolate ends in the middle is taken over by the sweep", async () => {
    const { promise: crash, resolve: end } = Promise.withResolvers<void>();
    let crashed = false;
    await startApp((createBuffer) => ({
      setupPlugin({ global }: Meta) {
        global["buffer"] = createBuffer({
          onFlush(objects, points) {
            if (crashed) return onFlush(objects, points);
            crashed = true;
            return crash;
          },
        });
      },
      processEvent(event: PluginEvent, { global }: Meta) {
        add(global["buffer"], event);
        // Neither awaited nor ever finished: all that an isolate leaves that is ended by its platform.
        void global["buffer"]?.flush().catch(() => {});
        return event;
      },
    }));
    await edge.capture({ event: "e", distinct_id: "u1", properties: { value: 7 } });
    await expect.poll(() => crashed).toBe(true);
    edge.restart();
    edge.clock.set(edge.clock.now() + 20 * 60_000);
    await edge.scheduled(edge.clock.now());
    await expect.poll(async () => (await edge.qstash.deliverDue(), flushed.length)).toBe(1);
    expect(flushed[0]?.objects).toEqual([7]);
    end();
  });
});
