import { afterEach, describe, expect, test } from "vitest";
import type { PluginEvent } from "../../src/event.ts";
import { add, edge, flushed, onFlush, send, start, startApp, type Meta } from "./buffers.fixture.ts";

afterEach(() => edge.stop());
const objects = () => flushed.flatMap((batch) => batch.objects);

describe("a buffer of createBuffer", () => {
  test("holds an object once, and is flushed without the sweep, when Redis' answer to adding it was lost", async () => {
    await start({ timeoutSeconds: 5 });
    await edge.capture({ event: "warm", distinct_id: "u1", properties: { value: "warm" } });
    await edge.settle();
    await edge.advance(60_000);
    edge.faults.decide(({ to }) => (to === "redis" ? "lose answer" : "pass"));
    await edge.capture({ event: "e", distinct_id: "u1", properties: { value: "once" } });
    edge.faults.decide(() => "pass");
    await edge.advance(60_000);
    expect(objects()).toEqual(["warm", "once"]);
  });

  test("holds an object once when the delivery that added it was cut off and comes again", async () => {
    let hasAdded = false;
    let hasCrashed = false;
    await startApp((createBuffer) => ({
      setupPlugin({ global }: Meta) {
        global["buffer"] = createBuffer({ timeoutSeconds: 5, onFlush });
      },
      onEvent(event: PluginEvent, { global }: Meta) {
        add(global["buffer"], event);
        hasAdded = true;
      },
    }));
    await edge.capture({ event: "e", distinct_id: "u1", properties: { value: "once" } });
    edge.faults.decide(({ to }) => {
      if (to !== "redis" || !hasAdded || hasCrashed) return "pass";
      hasCrashed = true;
      return "crash after";
    });
    await edge.settle();
    expect(await edge.redisCommand("LLEN", "export:phc_test:app/0:buffer")).toBe(1);
    edge.restart();
    await edge.advance(120_000);
    expect(objects()).toEqual(["once"]);
  });

  test("tells equal objects of two requests apart", async () => {
    await start({ timeoutSeconds: 5 });
    await send(1);
    await send(1);
    await edge.advance(60_000);
    expect(objects()).toEqual([0, 0]);
  });
});
