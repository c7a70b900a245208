import { describe, expect, test } from "vitest";
import { deploy, type Deployment } from "./deploy.ts";

const toHook =
  "export async function exportEvents(events) { await fetch(HOOK, { method: 'post', body: JSON.stringify(events) }) }";
const names = ({ hook }: Deployment) =>
  hook.requests.map(({ json }) => (json as { event: string }[]).map(({ event }) => event).join());
const configured = (config: object) => ({ listings: { app: { config } } });

describe("exportEvents", () => {
  test.each([
    ["an exported function", toHook],
    ["a top-level function", toHook.replace("export ", "")],
    ["a member of module.exports", `${toHook.replace("export ", "")} module.exports = { exportEvents }`],
    [
      "a function that is not async",
      "export function exportEvents(events) { return fetch(HOOK, { method: 'post', body: JSON.stringify(events) }) }",
    ],
  ])("may be %s [263]", async (_form, app) => {
    const edge = await deploy({ app });
    await edge.send("e");
    await edge.advance(10_000);
    expect(names(edge)).toEqual(["e"]);
  });

  test("gets events of several requests in one batch [264]", async () => {
    const edge = await deploy({ app: toHook });
    for (const event of ["a", "b", "c"]) await edge.send(event);
    expect(names(edge)).toEqual([]);
    await edge.advance(10_000);
    expect(names(edge)).toEqual(["a,b,c"]);
  });

  test("gets the same batch again after a RetryError, until it succeeds [265]", async () => {
    const edge = await deploy({
      app: `export async function exportEvents(events, { global }) {
        global.ranTimes = (global.ranTimes || 0) + 1
        console.log(events.map((e) => e.event).join())
        if (global.ranTimes < 3) throw new RetryError('Try again')
        await fetch(HOOK, { method: 'post', body: JSON.stringify(events) })
      }`,
    });
    for (const event of ["a", "b", "c"]) await edge.send(event);
    await edge.advance(60_000);
    expect(edge.messages().filter((message) => message === "a,b,c")).toHaveLength(3);
    expect(names(edge)).toEqual(["a,b,c"]);
    expect(await edge.deadLetters()).toEqual([]);
  });

  test("is tried four times in all, after 6, 12 and 24 s; the batch is then a dead letter [268]", async () => {
    const edge = await deploy({
      app: "export async function exportEvents() { await fetch(HOOK); throw new RetryError('Service is down') }",
    });
    const times: number[] = [];
    edge.hook.answerWith(() => {
      times.push(edge.clock.now() / 1000);
      return new Response("");
    });
    await edge.send("e");
    await edge.advance(600_000);
    expect(times.map((time) => time - (times[0] ?? 0))).toEqual([0, 6, 18, 42]);
    expect(await edge.deadLetters()).toMatchObject([
      { hook: "exportEvents", attempts: 4, events: [{ event: "e" }] },
    ]);
  });

  test("is tried once with a plain error; the batch is a dead letter, and PostHog has its events [269]", async () => {
    const edge = await deploy({
      app: "export async function exportEvents() { console.log('tried'); throw new Error('bug') }",
    });
    expect(await edge.send("e")).toBeDefined();
    await edge.advance(60_000);
    expect(edge.messages().filter((message) => message === "tried")).toHaveLength(1);
    expect(await edge.deadLetters()).toMatchObject([
      { error: "Error: bug", attempts: 1, events: [{ event: "e" }] },
    ]);
  });

  test("still gets what the app's own onEvent threw over [270, 271]", async () => {
    const edge = await deploy({ app: `${toHook} export function onEvent() { throw new Error('bug') }` });
    await edge.send("e");
    await edge.advance(10_000);
    expect(names(edge)).toEqual(["e"]);
  });

  test("gets batches that are as full as the configured characters allow, in order [272]", async () => {
    // PostHog's own example, with all sizes threefold: 7 events of 402 characters fit into 3,000, 8 do not.
    const CHARACTERS = 402;
    const edge = await deploy(
      { app: toHook },
      configured({ exportEventsBufferBytes: "3000", exportEventsBufferSeconds: "1" }),
    );
    const batches = () => edge.hook.requests.map(({ json }) => json as object[]);
    await edge.send("e", { properties: { pad: "" } });
    await edge.advance(1000);
    const pad = "x".repeat(CHARACTERS - JSON.stringify(batches()[0]?.[0]).length);
    edge.hook.requests.length = 0;

    const sent = Array.from({ length: 100 }, () => ({ event: "e", distinct_id: "u1", properties: { pad } }));
    await edge.capture(...sent);
    await edge.settle();
    await edge.advance(1000);
    expect(batches().map((batch) => [batch.length, JSON.stringify(batch).length])).toEqual([
      ...Array.from({ length: 14 }, () => [7, 7 * CHARACTERS + 8]),
      [2, 2 * CHARACTERS + 3],
    ]);
  });

  test("gets what was buffered when the gateway stopped, once, after its 600 s at the most [274]", async () => {
    const edge = await deploy({ app: toHook }, configured({ exportEventsBufferSeconds: "1000" }));
    await edge.send("e");
    await edge.tearDown();
    edge.restart();
    expect(names(edge)).toEqual([]);
    await edge.advance(600_000);
    expect(names(edge)).toEqual(["e"]);
  });

  test("gets an event above the limit alone and whole [287]", async () => {
    const edge = await deploy(
      { app: toHook },
      configured({ exportEventsBufferBytes: "500", exportEventsBufferSeconds: "1" }),
    );
    await edge.send("small");
    await edge.send("big", { properties: { text: "x".repeat(3000) } });
    await edge.advance(1000);
    expect(names(edge)).toEqual(["small", "big"]);
  });

  test.each([
    [undefined, 10],
    ["1", 1],
    ["0", 1],
    ["-5", 1],
    ["nonsense", 10],
    ["25", 25],
    ["1000", 600],
    [30, 30],
  ])("waits %j seconds as %i [273, 275, 276]", async (seconds, expected) => {
    const edge = await deploy(
      { app: toHook },
      configured(seconds === undefined ? {} : { exportEventsBufferSeconds: seconds }),
    );
    await edge.send("e");
    await edge.advance(expected * 1000 - 1);
    expect(names(edge)).toEqual([]);
    await edge.advance(1);
    expect(names(edge)).toEqual(["e"]);
  });

  test.each([
    ["E", ["e"]],
    ["e", []],
    [" e , other", []],
    ["", ["e"]],
    ["*", ["e"]],
  ])("ignores what exportEventsToIgnore=%j names [277–281]", async (ignore, expected) => {
    const edge = await deploy({ app: toHook }, configured({ exportEventsToIgnore: ignore }));
    await edge.send("e");
    await edge.advance(10_000);
    expect(names(edge)).toEqual(expected);
  });

  test("gets PostHog's processed events, with what other apps changed [282, 284]", async () => {
    const edge = await deploy({
      other: "export const processEvent = (e) => (e.properties.a = 1, e)",
      app: toHook,
    });
    await edge.send("custom event", { properties: { name: "haha" } });
    await edge.advance(10_000);
    expect(edge.hook.requests[0]?.json).toEqual([
      {
        uuid: expect.any(String),
        event: "custom event",
        distinct_id: "u1",
        team_id: expect.any(Number),
        ip: "127.0.0.1",
        timestamp: "2036-03-01T10:00:30.000Z",
        properties: expect.objectContaining({ name: "haha", a: 1 }),
        elements: [],
      },
    ]);
  });

  test("gets no recordings, and nothing that was dropped [283, 285]", async () => {
    const edge = await deploy({
      filter: "export const processEvent = (e) => e.event !== 'noise' && e",
      app: toHook,
    });
    await edge.send("$snapshot", { properties: { $snapshot_data: {}, $session_id: "s" } });
    await edge.send("noise");
    await edge.advance(10_000);
    expect(names(edge)).toEqual([]);
  });

  test("runs beside scheduled tasks and jobs of the same app [286]", async () => {
    const edge = await deploy({
      app: `${toHook} export const runEveryMinute = async (meta) => { await meta.jobs.note('ran').runNow() }; export const jobs = { note: (text) => console.log(text) }`,
    });
    await edge.send("e");
    await edge.tick();
    expect(edge.messages()).toEqual(["ran"]);
    expect(names(edge)).toEqual(["e"]);
  });

  test("of one app is not in the way of another's [288]", async () => {
    const edge = await deploy({
      broken: "export function exportEvents() { throw new Error('bug') }",
      app: toHook,
    });
    await edge.send("e");
    await edge.advance(10_000);
    expect(names(edge)).toEqual(["e"]);
  });
});
