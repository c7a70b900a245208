import { afterEach, describe, expect, test } from "vitest";
import type { Manifest } from "../src/apps/manifest.ts";
import { defineApp } from "../src/apps/testing.ts";
import { MASKED } from "../src/logs/mask.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";
import { messagesOf, readLog, sendEvent, talkative } from "./logs.fixture.ts";

let edge: TestGateway;
afterEach(() => edge.stop());

async function run(...app: Parameters<typeof talkative>): Promise<void> {
  edge = await startTestGateway({ apps: [talkative(...app)] });
  await sendEvent(edge);
}

describe("reading a log", () => {
  test("goes page by page, undisturbed by entries that come meanwhile", async () => {
    await run((event, _meta, console) => console.log(event.event));
    for (const name of ["b", "c", "d", "e2"]) await sendEvent(edge, name);
    const first = await readLog(edge, "?limit=2");
    expect(messagesOf(first)).toEqual(["e2", "d"]);
    await sendEvent(edge, "newer");
    const second = await readLog(edge, `?limit=2&cursor=${first.cursor}`);
    expect(messagesOf(second)).toEqual(["c", "b"]);
    const third = await readLog(edge, `?limit=2&cursor=${second.cursor}`);
    expect([messagesOf(third), third.cursor]).toEqual([["e"], null]);
  });

  test("filters by level and above, hook, text and time", async () => {
    await run((event, _meta, console) => {
      void console.warn(`Warned ${event.event}`);
      return console.debug(event.event);
    });
    edge.clock.set(edge.clock.now() + 1000);
    const since = new Date(edge.clock.now()).toISOString();
    await sendEvent(edge, "f");
    expect(messagesOf(await readLog(edge, "?level=INFO"))).toEqual(["Warned f", "Warned e"]);
    expect(messagesOf(await readLog(edge, "?level=warn&search=WARNED%20E"))).toEqual(["Warned e"]);
    expect(messagesOf(await readLog(edge, `?since=${since}`))).toEqual(["f", "Warned f"]);
    expect(messagesOf(await readLog(edge, "?hook=processEvent&limit=1"))).toEqual(["f"]);
    expect(messagesOf(await readLog(edge, "?hook=onEvent"))).toEqual([]);
  });

  test.each([
    ["?limit=0", "limit: give a whole number from 1 to 500"],
    ["?limit=many", "limit: give a whole number from 1 to 500"],
    ["?level=loud", "level: give one of DEBUG, LOG, INFO, WARN, ERROR: it and those above it are shown"],
    ["?since=yesterday", "since: give a time such as 2030-01-31T12:00:00Z"],
    ["?cursor=x", "cursor: give the cursor of the page before, as it is"],
    ["?lines=3", "lines: no such parameter"],
  ])("refuses %s and says what is wrong", async (query, error) => {
    await run(() => {});
    const answer = await readLog(edge, query);
    expect(answer.status).toBe(400);
    expect(answer.error).toContain(error);
  });

  test("asks which project is meant when an app runs for several, and keeps their logs apart", async () => {
    edge = await startTestGateway({
      apps: [talkative((_event, _meta, console) => console.log("of the first"))],
      settings: { PROJECT_TOKENS: "phc_test,phc_other" },
    });
    await sendEvent(edge);
    const answer = await readLog(edge);
    expect([answer.status, answer.error]).toEqual([400, expect.stringContaining("phc_test, phc_other")]);
    expect(messagesOf(await readLog(edge, "?project=phc_test"))).toEqual(["of the first"]);
    expect(messagesOf(await readLog(edge, "?project=phc_other"))).toEqual([]);
    expect((await readLog(edge, "?project=phc_nobody")).status).toBe(404);
  });

  test("answers 404 for an app that does not exist, and shows the log of a disabled one", async () => {
    edge = await startTestGateway({ apps: [talkative(() => {}, { enabled: false })] });
    expect(await readLog(edge)).toMatchObject({ status: 200, entries: [] });
    expect((await readLog(edge, "", "nobody")).status).toBe(404);
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
    await sendEvent(edge);
    expect(messagesOf(await readLog(edge, "?level=LOG")).at(-1)).toBe(
      `{"password":"${MASKED}","token":"${MASKED}","region":"north"} ${MASKED} ${MASKED}`,
    );
    expect((await edge.deadLetters())[0]?.error).toBe(`Error: https://api?key=${MASKED}`);
    const everything = JSON.stringify([
      edge.log,
      await edge.deadLetters(),
      await readLog(edge),
      await readLog(edge, "", "failing"),
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
