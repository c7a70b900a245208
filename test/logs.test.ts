import { afterEach, describe, expect, test } from "vitest";
import { defineApp } from "../src/apps/testing.ts";
import type { AppDefinition } from "../src/apps/definition.ts";
import type { AppConsole } from "../src/apps/console.ts";
import type { Manifest } from "../src/apps/manifest.ts";
import type { PluginEvent } from "../src/event.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

const DAY_MS = 24 * 3600 * 1000;
const MASKED = "[secret]";

interface Entry {
  timestamp: string;
  level: string;
  source: string;
  hook?: string;
  message: string;
}

let edge: TestGateway;
afterEach(() => edge.stop());

type Hook = (event: PluginEvent, meta: { config: Record<string, unknown> }, console: AppConsole) => unknown;

/** An app whose `processEvent` does as it is told, with the console that the gateway gives it. */
function talkative(hook: Hook, more: Partial<AppDefinition> = {}): AppDefinition {
  return defineApp(
    "app",
    {},
    {
      createApp: ({ console }) => ({
        exports: {
          processEvent: async (event: PluginEvent, meta: { config: Record<string, unknown> }) => {
            await hook(event, meta, console as AppConsole);
            return event;
          },
        },
        defaultExport: undefined,
        moduleExports: {},
        topLevel: {},
      }),
      ...more,
    },
  );
}

async function run(hook: Hook, more: Partial<AppDefinition> = {}): Promise<void> {
  edge = await startTestGateway({ apps: [talkative(hook, more)] });
  await send();
}

async function send(event = "e"): Promise<void> {
  expect((await edge.capture({ event, distinct_id: "u1" })).status).toBe(200);
  await edge.settle();
}

async function ask(query = "", plugin = "app") {
  const response = await fetch(`${edge.url}/admin/api/apps/${plugin}/logs${query}`, {
    headers: { Authorization: `Bearer ${edge.adminToken}` },
  });
  const body = (await response.json()) as { entries: Entry[]; cursor: string | null; error?: string };
  return { status: response.status, ...body };
}

const messages = ({ entries }: { entries: Entry[] }) => entries.map(({ message }) => message);

describe("an app's log", () => {
  test("is kept, newest first, with level, source and hook", async () => {
    await run((_event, _meta, console) => {
      void console.info("amogus");
      void console.warn("number =", 987);
      throw new Error("lost");
    });
    const { status, entries, cursor } = await ask();
    expect([status, cursor]).toEqual([200, null]);
    const timestamp = new Date(edge.clock.now()).toISOString();
    const hook = "processEvent";
    expect(entries).toEqual([
      { timestamp, level: "ERROR", source: "PLUGIN", hook, message: expect.stringMatching(/^Error: lost/) },
      { timestamp, level: "WARN", source: "CONSOLE", hook, message: "number = 987" },
      { timestamp, level: "INFO", source: "CONSOLE", hook, message: "amogus" },
    ]);
  });

  test("costs no Redis command when nothing is logged", async () => {
    await run(() => {});
    const before = edge.redis.counters();
    await send();
    expect(edge.redis.counters()).toEqual(before);
  });

  test("keeps the newest thousand of ten thousand lines, in their order", async () => {
    await run((_event, _meta, console) => {
      for (let line = 0; line < 10_000; line += 1) void console.log(line);
    });
    expect(edge.log).toHaveLength(10_000);
    const first = await ask("?limit=500");
    const second = await ask(`?limit=500&cursor=${first.cursor}`);
    expect([...messages(first), ...messages(second)]).toEqual(
      Array.from({ length: 1000 }, (_, index) => String(9999 - index)),
    );
    expect(second.cursor).toBeNull();
  });

  test("loses the beginning, and says so, when an app logs more text than one request holds", async () => {
    await run((_event, _meta, console) => {
      for (let line = 0; line < 100; line += 1) void console.log(`${line} ${"x".repeat(49_000)}`);
    });
    const { entries } = await ask("?limit=500");
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
    const { entries } = await ask();
    expect(entries[0]?.message).toBe("a\ufffdb\ufffdc😀");
    expect(entries[1]?.message).toBe(`${"y".repeat(50_000)}… (cut, 60000 characters)`);
  });

  test("forgets what is older than seven days", async () => {
    await run((event, _meta, console) => console.log(event.event));
    edge.clock.set(edge.clock.now() + 6 * DAY_MS);
    await send("later");
    edge.clock.set(edge.clock.now() + 2 * DAY_MS);
    expect(messages(await ask())).toEqual(["later"]);
    expect(Number(await edge.redisCommand("TTL", "app:phc_test:app:log"))).toBeGreaterThan(0);
  });

  test("does not matter to events while Redis is away: they go on, and the console has the lines", async () => {
    edge = await startTestGateway({ apps: [talkative((_event, _meta, console) => console.log("said"))] });
    edge.setRedisAway(true);
    await send();
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
    const sent = send();
    // Not by the API, whose own requests take along what waits.
    const kept = () => edge.redisCommand("ZCARD", "app:phc_test:app:log");
    await expect.poll(kept, { timeout: 5000 }).toBe(1);
    expect(messages(await ask())).toEqual(["begun"]);
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
    const sent = send();
    const kept = () => edge.redisCommand("ZCARD", "app:phc_test:failing:log");
    await expect.poll(kept, { timeout: 5000 }).toBe(1);
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
    expect(messages(await ask())).toEqual(["late"]);
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
    expect(messages(await ask())).toEqual(expected);
    expect(edge.log.map(({ message }) => message)).toEqual(expected.toReversed());
  });

  test("says what a value could not be printed for, and the event goes on", async () => {
    await run((_event, _meta, console) => {
      const circular: Record<string, unknown> = {};
      circular["self"] = circular;
      console.log(circular).catch(() => {});
    });
    expect(messages(await ask())[0]).toMatch(
      /^\(a value that console\.log cannot print: TypeError: .*circular/,
    );
    expect(edge.delivered()[0]?.properties["$plugins_failed"]).toEqual([]);
  });

  test("shows a thrown string as it is", async () => {
    await run(() => {
      throw "str";
    });
    expect((await ask()).entries).toMatchObject([{ level: "ERROR", source: "PLUGIN", message: "str" }]);
  });
});

describe("reading a log", () => {
  test("goes page by page, undisturbed by entries that come meanwhile", async () => {
    await run((event, _meta, console) => console.log(event.event));
    for (const name of ["b", "c", "d", "e2"]) await send(name);
    const first = await ask("?limit=2");
    expect(messages(first)).toEqual(["e2", "d"]);
    await send("newer");
    const second = await ask(`?limit=2&cursor=${first.cursor}`);
    expect(messages(second)).toEqual(["c", "b"]);
    const third = await ask(`?limit=2&cursor=${second.cursor}`);
    expect([messages(third), third.cursor]).toEqual([["e"], null]);
  });

  test("filters by level and above, hook, text and time", async () => {
    await run((event, _meta, console) => {
      void console.warn(`Warned ${event.event}`);
      return console.debug(event.event);
    });
    edge.clock.set(edge.clock.now() + 1000);
    const since = new Date(edge.clock.now()).toISOString();
    await send("f");
    expect(messages(await ask("?level=INFO"))).toEqual(["Warned f", "Warned e"]);
    expect(messages(await ask("?level=warn&search=WARNED%20E"))).toEqual(["Warned e"]);
    expect(messages(await ask(`?since=${since}`))).toEqual(["f", "Warned f"]);
    expect(messages(await ask("?hook=processEvent&limit=1"))).toEqual(["f"]);
    expect(messages(await ask("?hook=onEvent"))).toEqual([]);
  });

  test.each([
    ["?limit=0", "limit: give a whole number from 1 to 500"],
    ["?limit=many", "limit: give a whole number from 1 to 500"],
    ["?level=loud", "level: give one of DEBUG, LOG, INFO, WARN, ERROR: it and those above it are shown"],
    ["?since=yesterday", "since: give a time such as 2030-01-31T12:00:00Z: entries from then on are shown"],
    ["?cursor=x", "cursor: give the cursor of the page before, as it is"],
    ["?lines=3", "lines: no such parameter"],
  ])("refuses %s and says what is wrong", async (query, error) => {
    await run(() => {});
    const answer = await ask(query);
    expect(answer.status).toBe(400);
    expect(answer.error).toContain(error);
  });

  test("asks which project is meant when an app runs for several, and keeps their logs apart", async () => {
    edge = await startTestGateway({
      apps: [talkative((_event, _meta, console) => console.log("of the first"))],
      settings: { PROJECT_TOKENS: "phc_test,phc_other" },
    });
    await send();
    const answer = await ask();
    expect([answer.status, answer.error]).toEqual([400, expect.stringContaining("phc_test, phc_other")]);
    expect(messages(await ask("?project=phc_test"))).toEqual(["of the first"]);
    expect(messages(await ask("?project=phc_other"))).toEqual([]);
    expect((await ask("?project=phc_nobody")).status).toBe(404);
  });

  test("answers 404 for an app that does not exist, and shows the log of a disabled one", async () => {
    edge = await startTestGateway({ apps: [talkative(() => {}, { enabled: false })] });
    expect(await ask()).toMatchObject({ status: 200, entries: [] });
    expect((await ask("", "nobody")).status).toBe(404);
  });
});

describe("secrets", () => {
  const manifest = { config: [{ key: "password", type: "string", secret: true }] } as unknown as Manifest;
  const config = { password: 'p"ss/word', token: { env: "WAREHOUSE_TOKEN" }, region: "north" };

  test("are in no entry, no line of the console and no dead letter", async () => {
    const app = talkative(
      (_event, meta, console) => {
        void console.log(meta.config, "an-admin-token-for-tests", "redis-token");
        throw new Error(`refused ${String(meta.config["password"])}`);
      },
      { manifest, config },
    );
    const failing = defineApp(
      "failing",
      {
        onEvent: (_event: unknown, meta: { config: Record<string, unknown> }) => {
          throw new Error(`https://api?key=${encodeURIComponent(String(meta.config["token"]))}`);
        },
      },
      { id: 2, manifest, config },
    );
    edge = await startTestGateway({
      apps: [app, failing],
      settings: { WAREHOUSE_TOKEN: "warehouse token" },
    });
    await send();
    expect(messages(await ask("?level=LOG")).at(-1)).toBe(
      `{"password":"${MASKED}","token":"${MASKED}","region":"north"} ${MASKED} ${MASKED}`,
    );
    expect((await edge.deadLetters())[0]?.error).toBe(`Error: https://api?key=${MASKED}`);
    const everything = JSON.stringify([
      edge.log,
      await edge.deadLetters(),
      await ask(),
      await ask("", "failing"),
    ]);
    for (const secret of [
      "ss/word",
      "warehouse token",
      "warehouse%20token",
      "an-admin-token",
      "redis-token",
    ]) {
      expect(everything).not.toContain(secret);
    }
  });
});
