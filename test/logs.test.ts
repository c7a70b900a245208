import { afterEach, describe, expect, test } from "vitest";
import { defineApp } from "../src/apps/testing.ts";
import { deliveryCost, startTestGateway, type TestGateway } from "./gateway.ts";
import { messagesOf, readLog, sendEvent, talkative } from "./logs.fixture.ts";

const DAY_MS = 24 * 3600 * 1000;

let edge: TestGateway;
afterEach(() => edge.stop());

async function run(...app: Parameters<typeof talkative>): Promise<void> {
  edge = await startTestGateway({ apps: [talkative(...app)] });
  await sendEvent(edge);
}

describe("an app's log", () => {
  test("is kept, newest first, with level, source and hook", async () => {
    await run((_event, _meta, console) => {
      void console.info("amogus");
      void console.warn("number =", 987);
      throw new Error("lost");
    });
    const { status, entries, cursor } = await readLog(edge);
    expect([status, cursor]).toEqual([200, null]);
    const timestamp = new Date(edge.clock.now()).toISOString();
    const hook = "processEvent";
    expect(entries).toEqual([
      { timestamp, level: "ERROR", source: "PLUGIN", hook, message: expect.stringMatching(/^Error: lost/) },
      { timestamp, level: "WARN", source: "CONSOLE", hook, message: "number = 987" },
      { timestamp, level: "INFO", source: "CONSOLE", hook, message: "amogus" },
    ]);
  });

  test("costs nothing beside the delivery when nothing is logged", async () => {
    await run(() => {});
    const before = edge.redis.counters();
    await sendEvent(edge);
    expect(edge.redis.counters()).toEqual({
      commands: before.commands + deliveryCost.commands,
      requests: before.requests + deliveryCost.requests,
    });
  });

  test("keeps the newest thousand of ten thousand lines, in their order", async () => {
    await run((_event, _meta, console) => {
      for (let line = 0; line < 10_000; line += 1) void console.log(line);
    });
    expect(edge.log).toHaveLength(10_000);
    const first = await readLog(edge, "?limit=500");
    const second = await readLog(edge, `?limit=500&cursor=${first.cursor}`);
    expect([...messagesOf(first), ...messagesOf(second)]).toEqual(
      Array.from({ length: 1000 }, (_, index) => String(9999 - index)),
    );
    expect(second.cursor).toBeNull();
  });

  test("loses the beginning, and says so, when an app logs more text than one request holds", async () => {
    await run((_event, _meta, console) => {
      for (let line = 0; line < 100; line += 1) void console.log(`${line} ${"x".repeat(49_000)}`);
    });
    const { entries } = await readLog(edge, "?limit=500");
    expect(entries.length).toBeLessThan(100);
    expect(entries[0]?.message).toMatch(/^99 x/);
    const lost = 100 - (entries.length - 1);
    expect(entries.at(-1)).toMatchObject({
      level: "WARN",
      source: "SYSTEM",
      message: `${lost} older lines were not kept: too much was logged at once`,
    });
  });

  test("cuts a message that is too long, and mends what no store takes", async () => {
    await run((_event, _meta, console) => {
      void console.log("y".repeat(60_000));
      void console.log("a\0b\ud800c😀");
    });
    const { entries } = await readLog(edge);
    expect(entries[0]?.message).toBe("a\ufffdb\ufffdc😀");
    expect(entries[1]?.message).toBe(`${"y".repeat(50_000)}… (cut, 60000 characters)`);
  });

  test("forgets what is older than seven days", async () => {
    await run((event, _meta, console) => console.log(event.event));
    edge.clock.set(edge.clock.now() + 6 * DAY_MS);
    await sendEvent(edge, "later");
    edge.clock.set(edge.clock.now() + 2 * DAY_MS);
    expect(messagesOf(await readLog(edge))).toEqual(["later"]);
    expect(Number(await edge.redisCommand("TTL", "app:phc_test:app:log"))).toBeGreaterThan(0);
  });

  test("does not matter to events while Redis is away: they go on, and the console has the lines", async () => {
    edge = await startTestGateway({ apps: [talkative((_event, _meta, console) => console.log("said"))] });
    edge.setRedisAway(true);
    await sendEvent(edge);
    edge.setRedisAway(false);
    expect(edge.log.map(({ message }) => message)).toContain("said");
    expect(edge.delivered()).toHaveLength(1);
  });

  test("can be read while the work that writes it goes on", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    edge = await startTestGateway({
      apps: [
        talkative(async (_event, _meta, console) => {
          void console.log("begun");
          await promise;
        }),
      ],
    });
    const sent = sendEvent(edge);
    // Not by the API, whose own requests take along what waits.
    const kept = () => edge.redisCommand("ZCARD", "app:phc_test:app:log");
    await expect.poll(kept).toBe(1);
    expect(messagesOf(await readLog(edge))).toEqual(["begun"]);
    resolve();
    await sent;
  });

  test("has what one app threw while another is still at work on the same message", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const failing = defineApp("failing", {
      onEvent() {
        throw new Error("at once");
      },
    });
    const slow = defineApp("slow", { onEvent: () => promise }, { id: 2 });
    edge = await startTestGateway({ apps: [failing, slow] });
    const sent = sendEvent(edge);
    const kept = () => edge.redisCommand("ZCARD", "app:phc_test:failing:log");
    await expect.poll(kept).toBe(1);
    resolve();
    await sent;
  });

  test("has what an app logs after its work has been acknowledged", async () => {
    let late: Promise<void> | undefined;
    await run((_event, _meta, console) => {
      late = new Promise<void>((resolve) => setTimeout(resolve, 50)).then(() => console.log("late"));
    });
    await late;
    await edge.settle();
    expect(messagesOf(await readLog(edge))).toEqual(["late"]);
  });

  test.each([
    [undefined, ["error", "warn", "log", "debug"]],
    ["log", ["error", "warn", "log"]],
    ["warn", ["error", "warn"]],
    ["error", ["error"]],
  ] as const)("has the levels that apps.json asks for with %j", async (logLevel, expected) => {
    await run(
      (_event, _meta, console) => {
        for (const level of ["debug", "log", "warn", "error"] as const) void console[level](level);
      },
      logLevel ? { logLevel } : {},
    );
    expect(messagesOf(await readLog(edge))).toEqual(expected);
    expect(edge.log.map(({ message }) => message)).toEqual(expected.toReversed());
  });

  test("says what a value could not be printed for, and the event goes on", async () => {
    await run((_event, _meta, console) => {
      const circular: Record<string, unknown> = {};
      circular["self"] = circular;
      console.log(circular).catch(() => {});
    });
    expect(messagesOf(await readLog(edge))[0]).toMatch(
      /^\(a value that console\.log cannot print: TypeError: .*circular/,
    );
    expect(edge.delivered()[0]?.properties["$plugins_failed"]).toEqual([]);
  });

  test("shows a thrown string as it is", async () => {
    await run(() => {
      throw "str";
    });
    expect((await readLog(edge)).entries).toMatchObject([
      { level: "ERROR", source: "PLUGIN", message: "str" },
    ]);
  });
});
