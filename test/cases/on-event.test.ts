import { describe, expect, test } from "vitest";
import { deploy } from "./deploy.ts";
import { recordTimes } from "./times.ts";

describe("onEvent", () => {
  test("changes nothing by what it returns, or by what it writes into its event [198]", async () => {
    const edge = await deploy({
      one: "export function onEvent(e) { e.properties.changed = 1; e.event = 'x'; return { event: 'x' } }",
      two: "export function onEvent(e) { console.log(e.event, typeof e.properties.changed) }",
    });
    const event = await edge.send("e");
    expect(event?.event).toBe("e");
    expect(event?.properties).not.toHaveProperty("changed");
    expect(edge.messages("two")).toEqual(["e undefined"]);
  });

  test("comes after all processEvents, with their changes [199, 201]", async () => {
    const edge = await deploy({
      early:
        "export function processEvent(e) { console.log('processEvent'); return e } export function onEvent(e) { console.log('onEvent', e.event, e.properties.late) }",
      late: "export function processEvent(e) { e.properties.late = 1; return e }",
    });
    await edge.send("custom event");
    expect(edge.messages()).toEqual(["processEvent", "onEvent custom event 1"]);
  });

  test("gets the processed shape [200]", async () => {
    const edge = await deploy({
      app: "export async function onEvent(e) { await fetch(HOOK, { method: 'POST', body: JSON.stringify(e) }) }",
    });
    const link = { tag_name: "a", attr__href: "/x", attr__class: "big red", nth_child: 1, $el_text: "Go" };
    const properties = { a: 1, $set: { p: 1, q: 1 }, $elements: [link] };
    await edge.send("$autocapture", { properties, $set: { p: 2 } });
    const received = edge.hook.requests[0]?.json as Record<string, unknown>;
    expect(received).toEqual({
      distinct_id: "u1",
      ip: "127.0.0.1",
      team_id: expect.any(Number),
      event: "$autocapture",
      properties: {
        a: 1,
        $set: { p: 2, q: 1 },
        $ip: "127.0.0.1",
        $plugins_succeeded: [],
        $plugins_failed: [],
        $plugins_deferred: ["app (1)"],
      },
      timestamp: "2036-03-01T10:00:30.000Z",
      $set: { p: 2, q: 1 },
      uuid: expect.any(String),
      elements: [
        {
          attributes: { attr__href: "/x", attr__class: "big red" },
          order: 0,
          tag_name: "a",
          attr_class: "big red",
          href: "/x",
          nth_child: 1,
          text: "Go",
          $el_text: "Go",
        },
      ],
    });
    // Apps send it on as JSON, and receivers compare text.
    expect(Object.keys(received).join(" ")).toBe(
      "distinct_id ip team_id event properties timestamp $set uuid elements",
    );
  });

  test.each([
    ["beside the properties", { $set: { plan: "gold" }, $set_once: { first: 1 } }],
    ["among the properties", { properties: { $set: { plan: "gold" }, $set_once: { first: 1 } } }],
  ])("finds $set and $set_once in both places when the client wrote them %s", async (_where, sent) => {
    const edge = await deploy({
      app: "export function onEvent(e) { console.log(e.$set, e.$set_once, e.properties.$set, e.properties.$set_once) }",
    });
    const event = await edge.send("e", sent);
    expect(edge.messages()).toEqual(['{"plan":"gold"} {"first":1} {"plan":"gold"} {"first":1}']);
    expect(event).toMatchObject(sent);
  });

  test("is not called for what was dropped [202]", async () => {
    const edge = await deploy({
      filter: "export const processEvent = () => null",
      app: "export function onEvent() { console.log('called') }",
    });
    await edge.send("e");
    expect(edge.messages()).toEqual([]);
  });

  test.each([
    "function onEvent(e) { fetch(HOOK + '?query=' + e.event) }",
    "async function onEvent(e) { await fetch(HOOK + '?query=' + e.event) }",
    "export const onEvent = async e => { await fetch(HOOK + '?query=' + e.event) }",
  ])("may be %s [30, 203]", async (app) => {
    const edge = await deploy({ app });
    await edge.send("export");
    expect(edge.hook.requests.map(({ path }) => path)).toEqual(["/?query=export"]);
  });

  test("is called again after 5, 10, 20, 40 and 80 s for a RetryError, then its event is a dead letter [204–207, 211]", async () => {
    const edge = await deploy({
      app: "export async function onEvent(e) { await fetch(HOOK); throw new RetryError('away') }",
    });
    const times = recordTimes(edge);
    await edge.send("e");
    await edge.advance(600_000);
    expect(times).toEqual([0, 5, 15, 35, 75, 155]);
    expect(edge.messages()).toContain(
      "onEvent failed with RetryError: away (attempt 1/6). Retrying in 5 s...",
    );
    expect(edge.messages().at(-1)).toMatch(/^RetryError \(attempt 6\/6\): away/);
    expect(await edge.deadLetters()).toMatchObject([
      { hook: "onEvent", attempts: 6, error: "RetryError: away" },
    ]);
  });

  test("is done when a later attempt succeeds [208]", async () => {
    const edge = await deploy({
      app: "export async function onEvent(e, { cache }) { await fetch(HOOK); if (await cache.incr('n') < 2) throw new RetryError('once') }",
    });
    const times = recordTimes(edge);
    await edge.send("e");
    await edge.advance(600_000);
    expect(times).toEqual([0, 5]);
    expect(await edge.deadLetters()).toEqual([]);
    expect(edge.log.filter(({ level }) => level === "ERROR")).toEqual([]);
  });

  test.each([
    ["a plain error [209]", "throw new Error('bug')", "Error: bug"],
    ["a text", "throw 'text'", "text"],
    [
      "an error that is named RetryError [366]",
      "throw Object.assign(new Error('x'), { name: 'RetryError' })",
      "RetryError: x",
    ],
  ])("is not called again for %s: its event is a dead letter at once", async (_what, body, error) => {
    const edge = await deploy({ app: `export async function onEvent(e) { await fetch(HOOK); ${body} }` });
    const times = recordTimes(edge);
    await edge.send("e");
    await edge.advance(60_000);
    expect(times).toEqual([0]);
    expect(await edge.deadLetters()).toMatchObject([
      { hook: "onEvent", attempts: 1, error, events: [{ event: "e" }] },
    ]);
    expect(edge.log).toMatchObject([{ level: "ERROR", source: "PLUGIN", hook: "onEvent" }]);
  });

  test("delays no other event, no other app and not PostHog by its retries [210]", async () => {
    const edge = await deploy({
      app: "export async function onEvent(e) { console.log(e.event); if (e.event === 'bad') throw new RetryError('x') }",
      other: "export async function onEvent(e) { console.log(e.event) }",
    });
    await edge.send("bad");
    await edge.send("good");
    expect(edge.messages("app").filter((message) => !message.includes("Retry"))).toEqual(["bad", "good"]);
    expect(edge.messages("other")).toEqual(["bad", "good"]);
    expect(edge.delivered()).toHaveLength(2);
  });
});

describe("onSnapshot", () => {
  test("gets recordings, and nothing else; onEvent gets no recordings [213, 214]", async () => {
    const edge = await deploy({
      app: `export function onSnapshot(e) { console.log('onSnapshot', e.event, JSON.stringify(e.properties.$snapshot_data)) }
        export function onEvent(e) { console.log('onEvent', e.event) }`,
    });
    await edge.send("$snapshot", { properties: { $snapshot_data: { a: 1 }, $session_id: "s" } });
    await edge.send("e");
    expect(edge.messages()).toEqual(['onSnapshot $snapshot {"a":1}', "onEvent e"]);
  });

  test("is retried like onEvent [215]", async () => {
    const edge = await deploy({
      app: "export async function onSnapshot(e) { await fetch(HOOK); throw new RetryError('away') }",
    });
    const times = recordTimes(edge);
    await edge.send("$snapshot", { properties: { $snapshot_data: {}, $session_id: "s" } });
    await edge.advance(600_000);
    expect(times).toEqual([0, 5, 15, 35, 75, 155]);
  });
});
