import { describe, expect, test } from "vitest";
import { deploy, type Deployment } from "./deploy.ts";

/** Seconds from the first to each request that the hook got. */
function recordTimes(edge: Deployment): number[] {
  const times: number[] = [];
  let first: number | undefined;
  edge.hook.answerWith(() => {
    first ??= edge.clock.now();
    times.push((edge.clock.now() - first) / 1000);
    return new Response("ok");
  });
  return times;
}

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
    const properties = {
      a: 1,
      $elements: [{ tag_name: "a", attr__href: "/x", nth_child: 1, $el_text: "Go" }],
    };
    await edge.send("$autocapture", { properties, $set: { p: 1 } });
    expect(edge.hook.requests[0]?.json).toEqual({
      uuid: expect.any(String),
      event: "$autocapture",
      distinct_id: "u1",
      team_id: expect.any(Number),
      ip: "127.0.0.1",
      timestamp: "2036-03-01T10:00:30.000Z",
      $set: { p: 1 },
      properties: { a: 1, $plugins_succeeded: [], $plugins_failed: [], $plugins_deferred: ["app (1)"] },
      elements: [
        { tag_name: "a", href: "/x", nth_child: 1, text: "Go", order: 0, attributes: { attr__href: "/x" } },
      ],
    });
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

  test("is called again after 5, 10, 20, 40 and 80 s for a RetryError, then its event is a dead letter [204–207]", async () => {
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
    expect(edge.messages().at(-1)).toBe("RetryError (attempt 6/6): away");
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

describe("a RetryError", () => {
  test.each<[string, string]>([
    ["the global", "throw new RetryError('x')"],
    ["the global of globalThis", "throw new globalThis.RetryError('x')"],
    ["an import", "throw new Imported('x')"],
    ["a require", "throw new (require('@posthog/plugin-scaffold').RetryError)('x')"],
    ["a subclass", "class M extends RetryError {} throw new M('x')"],
    [
      "a subclass of a subclass, with a name of its own",
      "class M extends Imported {} class N extends M { name = 'Busy' } throw new N('x')",
    ],
    ["one that was caught and thrown on", "try { throw new RetryError('x') } catch (e) { throw e }"],
    [
      "one thrown deep in a chain of promises",
      "await Promise.all([Promise.resolve(), (async () => { throw new RetryError('x') })()])",
    ],
  ])("is recognised in %s [365]", async (_form, body) => {
    const edge = await deploy({
      app: `import { RetryError as Imported } from '@posthog/plugin-scaffold'\nexport async function onEvent() { await fetch(HOOK); ${body} }`,
    });
    const times = recordTimes(edge);
    await edge.send("e");
    await edge.advance(5000);
    expect(times).toEqual([0, 5]);
  });

  test("is not recognised in a class of the app's own [366]", async () => {
    const edge = await deploy({
      app: "class RetryError extends Error { constructor(m) { super(m); this.name = 'RetryError' } }\nexport async function onEvent() { await fetch(HOOK); throw new RetryError('x') }",
    });
    const times = recordTimes(edge);
    await edge.send("e");
    await edge.advance(60_000);
    expect(times).toEqual([0]);
  });

  test("has PostHog's members, and names its attempt when it has one [212]", async () => {
    const edge = await deploy({
      app: `export function onEvent() {
        const error = new RetryError('x')
        console.log(String(error), error.name, error.nameWithAttempts, error.message, error instanceof Error)
        Object.assign(error, { _attempt: 2, _maxAttempts: 5 })
        console.log(String(error))
      }`,
    });
    await edge.send("e");
    expect(edge.messages()).toEqual([
      "RetryError: x RetryError RetryError x true",
      "RetryError (attempt 2/5): x",
    ]);
  });
});

describe("composeWebhook", () => {
  test("gets PostHog's event, its time as a Date [386]", async () => {
    const edge = await deploy({
      app: "export function composeWebhook(e) { return { url: HOOK, body: JSON.stringify({ keys: Object.keys(e).sort(), isDate: e.timestamp instanceof Date, time: e.timestamp.getTime() }) } }",
    });
    await edge.send("e", { timestamp: "2036-03-01T09:00:00Z" });
    expect(edge.hook.requests).toMatchObject([
      {
        method: "POST",
        headers: { "content-type": "application/json" },
        json: {
          keys: ["distinct_id", "event", "properties", "team_id", "timestamp", "uuid"],
          isDate: true,
          time: Date.UTC(2036, 2, 1, 9),
        },
      },
    ]);
  });

  test.each(["null", "undefined", "false", "''"])("sends nothing for %s [387]", async (result) => {
    const edge = await deploy({ app: `export const composeWebhook = () => ${result}` });
    await edge.send("e");
    expect(edge.hook.requests).toEqual([]);
    expect([edge.messages(), await edge.deadLetters()]).toEqual([[], []]);
  });

  test("may name method and headers, which replace the defaults [388, 389]", async () => {
    const edge = await deploy({
      app: "export const composeWebhook = (e) => ({ url: HOOK + '/x', method: 'PUT', headers: { 'X-Own': 'a', 'Content-Type': 'text/plain' }, body: e.event })",
    });
    await edge.send("e");
    expect(edge.hook.requests).toMatchObject([
      { method: "PUT", path: "/x", body: "e", headers: { "x-own": "a", "content-type": "text/plain" } },
    ]);
  });

  test("loses nothing to a receiver that fails: a dead letter says how, and the event is delivered [390]", async () => {
    const edge = await deploy({ app: "export const composeWebhook = () => ({ url: HOOK, body: '' })" });
    edge.hook.answerWith(() => new Response("", { status: 500, statusText: "Internal Server Error" }));
    expect(await edge.send("e")).toBeDefined();
    expect(await edge.deadLetters()).toMatchObject([
      { error: expect.stringMatching(/^Error: Fetch to .* failed with Internal Server Error$/) },
    ]);
  });
});
