import { describe, expect, test } from "vitest";
import { deploy } from "./deploy.ts";

const SECOND = 1000;
const DAY = 86_400 * SECOND;

/** Sends an event to an app that schedules by `schedule`, lets `afterMs` go by; resolves to when its job ran, in ms. */
async function runTimes(schedule: string, afterMs: number): Promise<number[]> {
  const edge = await deploy({
    app: `export const jobs = { work: async () => { await fetch(HOOK) } }
      export async function processEvent(e, { jobs, config }) { await ${schedule}; return e }`,
  });
  const startMs = edge.clock.now();
  const times: number[] = [];
  edge.hook.answerWith(() => {
    times.push(edge.clock.now() - startMs);
    return new Response("ok");
  });
  await edge.send("e");
  await edge.advance(afterMs);
  return times;
}

describe("a job runs", () => {
  test.each<[string, number]>([
    ["runNow()", 0],
    ["runIn(1, 'millisecond')", SECOND],
    ["runIn(1500, 'milliseconds')", 2 * SECOND],
    ["runIn(1, 'second')", SECOND],
    ["runIn(30, 'seconds')", 30 * SECOND],
    ["runIn(1, 'minute')", 60 * SECOND],
    ["runIn(1, 'minutes')", 60 * SECOND],
    ["runIn(1, 'hour')", 3600 * SECOND],
    ["runIn(2, 'hours')", 7200 * SECOND],
    ["runIn(1, 'days')", DAY],
    ["runIn(1, 'week')", 7 * DAY],
    ["runIn(1, 'month')", 30 * DAY],
    ["runIn(1, 'quarter')", 91 * DAY],
    ["runIn(1, 'year')", 365 * DAY],
    ["runIn('3', 'minutes')", 180 * SECOND],
    ["runIn(0.5, 'hours')", 1800 * SECOND],
    ["runIn(0, 'seconds')", 0],
    ["runIn(-5, 'days')", 0],
    ["runAt(new Date(0))", 0],
    ["runAt(new Date('2036-03-01T10:01:00Z'))", 30 * SECOND],
    ["runAt('2036-03-01T10:01:00Z')", 30 * SECOND],
    ["runAt(Date.parse('2036-03-01T10:01:00Z'))", 30 * SECOND],
  ])("when %s says, and once [231–251]", async (when, afterMs) => {
    expect(await runTimes(`jobs.work({}).${when}`, 400 * DAY)).toEqual([afterMs]);
  });

  test("as often as it was scheduled", async () => {
    const twice = "Promise.all([jobs.work(1).runIn(1, 'minute'), jobs.work(1).runIn(1, 'minute')])";
    expect(await runTimes(twice, DAY)).toHaveLength(2);
  });

  test.each([
    ["runIn(1, 'fortnight')", "Unknown time unit: fortnights"],
    ["runIn(1, 'lightyears')", "Unknown time unit: lightyears"],
    ["runIn(1)", "Unknown time unit: undefineds"],
  ])("never when %s is refused [249]", async (when, message) => {
    const edge = await deploy({
      app: `export const jobs = { work: () => console.log('ran') }
        export async function processEvent(e, { jobs }) { try { await jobs.work({}).${when} } catch (error) { e.properties.error = error.message } return e }`,
    });
    expect((await edge.send("e"))?.properties["error"]).toBe(message);
    await edge.advance(400 * DAY);
    expect(edge.messages()).toEqual([]);
  });
});

describe("a job gets", () => {
  test.each<[string, string, string]>([
    ["an object, then meta [236]", "{ a: 1 }", '2 {"a":1} object'],
    ["a text", "'text'", "2 text object"],
    ["a list", "[1, 2]", "2 [1,2] object"],
    ["0, unlike in PostHog [238]", "0", "2 0 object"],
    ["an empty text, unlike in PostHog [238]", "''", "2  object"],
    ["false, unlike in PostHog [238]", "false", "2 false object"],
    ["null, unlike in PostHog [238]", "null", "2 null object"],
    [
      "dates as text, and no undefined [239]",
      "{ d: new Date(0), u: undefined }",
      '2 {"d":"1970-01-01T00:00:00.000Z"} object',
    ],
    ["meta alone without a payload [234, 237]", "", "1 object undefined"],
    ["meta alone for undefined [237]", "undefined", "1 object undefined"],
  ])("%s", async (_what, payload, expected) => {
    const edge = await deploy({
      app: `export const jobs = { work() { console.log(arguments.length, arguments.length === 2 ? arguments[0] : typeof arguments[0].config, arguments[1] && typeof arguments[1].config) } }
        export async function processEvent(e, { jobs }) { await jobs.work(${payload}).runNow(); return e }`,
    });
    await edge.send("e");
    expect(edge.messages()).toEqual([expected]);
  });

  test("what was handed over at the time, though the app changes it later", async () => {
    const edge = await deploy({
      app: `export const jobs = { work: (payload) => { console.log(payload) } }
        export async function processEvent(e, { jobs }) { const p = { n: 1 }; const job = jobs.work(p).runIn(1, 'minute'); p.n = 2; await job; return e }`,
    });
    await edge.send("e");
    await edge.advance(60_000);
    expect(edge.messages()).toEqual(['{"n":1}']);
  });

  test("the configuration of its own project [256]", async () => {
    const app = `export const jobs = { work: async (payload) => { await posthog.capture('worked', { payload }) } }
      export async function processEvent(e, { jobs }) { if (e.event === 'e') await jobs.work(e.distinct_id).runNow(); return e }`;
    const edge = await deploy({ app }, { settings: { PROJECT_TOKENS: "phc_test,phc_other" } });
    await edge.send("e", { api_key: "phc_other" });
    const worked = edge.posthog.requests.filter(({ body }) => body.includes('"worked"'));
    expect(worked.map(({ json }) => (json as { api_key: string }).api_key)).toEqual(["phc_other"]);
  });
});

describe("a job is scheduled", () => {
  test.each<[string, string]>([
    [
      "processEvent [235]",
      "export async function processEvent(e, { jobs }) { await jobs.work('x').runNow(); return e }",
    ],
    [
      "processEvent, not awaited",
      "export function processEvent(e, { jobs }) { jobs.work('x').runNow(); return e }",
    ],
    ["onEvent [234]", "export async function onEvent(e, { jobs }) { await jobs.work('x').runNow() }"],
    ["onEvent, not awaited", "export function onEvent(e, { jobs }) { jobs.work('x').runNow() }"],
    [
      "setupPlugin [232]",
      "export async function setupPlugin({ jobs }) { await jobs.work('x').runNow() } export const onEvent = () => {}",
    ],
    [
      "exportEvents [233]",
      "export async function exportEvents(events, { jobs }) { await jobs.work('x').runNow() }",
    ],
    ["another job", "export async function onEvent(e, { jobs }) { await jobs.first({}).runNow() }"],
    ["the exported jobs themselves", "export async function onEvent() { await jobs.work('x').runNow() }"],
    [
      "a helper that got meta",
      "const later = (meta, x) => meta.jobs.work(x).runIn(1, 'second'); export async function onEvent(e, meta) { await later(meta, 'x') }",
    ],
    [
      "a name that is put together",
      "export async function onEvent(e, { jobs }) { const name = 'wo' + 'rk'; await jobs[name]('x').runNow() }",
    ],
    [
      "a name taken out of meta's jobs",
      "export async function onEvent(e, { jobs: { work } }) { await work('x').runNow() }",
    ],
    [
      "a name taken out of the exported jobs",
      "export async function onEvent() { const { work } = jobs; await work('x').runIn(1, 'second') }",
    ],
  ])("from %s", async (_where, source) => {
    const edge = await deploy({
      app: `export const jobs = { work: (payload) => console.log('ran', payload), first: (_payload, { jobs }) => jobs.work('x').runNow() }\n${source}`,
    });
    await edge.send("e");
    await edge.advance(20_000);
    expect(edge.messages()).toEqual(["ran x"]);
  });

  test("by itself, as often as it likes [254]", async () => {
    const edge = await deploy({
      app: `export const jobs = { again: async (n, { jobs }) => { console.log(n); if (n < 3) await jobs.again(n + 1).runIn(1, 'second') } }
        export async function onEvent(e, { jobs }) { await jobs.again(1).runNow() }`,
    });
    await edge.send("e");
    await edge.advance(10_000);
    expect(edge.messages()).toEqual(["1", "2", "3"]);
  });

  test("by a name that does not exist, and fails when it is due [252]", async () => {
    const edge = await deploy({
      app: {
        "plugin.json": '{"name":"NAME"}',
        "index.js":
          "export async function onEvent(e, { jobs }) { await jobs.nope({ a: 1 }).runNow(); console.log('accepted') }",
      },
    });
    await edge.send("e");
    expect(edge.messages()[0]).toBe("accepted");
    expect(edge.messages().join()).toContain('Task "nope" not found for plugin "NAME" with config id 1');
  });
});

describe("a job that was scheduled", () => {
  test("survives the process that scheduled it [255]", async () => {
    const edge = await deploy({
      app: "export const jobs = { work: () => console.log('ran') }; export async function onEvent(e, { jobs }) { await jobs.work({}).runIn(5, 'seconds') }",
    });
    await edge.send("e");
    edge.restart();
    await edge.advance(6000);
    expect(edge.messages()).toEqual(["ran"]);
  });

  test("is left out without an error when its app is disabled by then [257]", async () => {
    const edge = await deploy({
      app: "export const jobs = { work: () => console.log('ran') }; export async function onEvent(e, { jobs }) { await jobs.work({}).runIn(5, 'seconds') }",
    });
    await edge.send("e");
    await edge.admin("apps/app", { method: "PATCH", body: { enabled: false } });
    await edge.advance(6000);
    expect(edge.messages()).toEqual([]);
    expect(await edge.deadLetters()).toEqual([]);
  });

  test.each([
    ["Error('bug')", "Error: bug"],
    ["RetryError('later')", "RetryError: later"],
  ])("is not run again when it throws a %s: it is logged and a dead letter [253]", async (thrown, error) => {
    const edge = await deploy({
      app: `export const jobs = { work: () => { console.log('ran'); throw new ${thrown} } }; export async function onEvent(e, { jobs }) { await jobs.work({ a: 1 }).runNow() }`,
    });
    await edge.send("e");
    await edge.advance(DAY);
    expect(edge.messages().filter((message) => message === "ran")).toHaveLength(1);
    expect(await edge.deadLetters()).toMatchObject([{ hook: "jobs.work", error, payload: { a: 1 } }]);
  });

  test("does not delay its event [231]", async () => {
    const edge = await deploy({
      app: "export const jobs = { logReply: (text, meta) => console.log('reply', text) }; export async function processEvent(e, { jobs }) { jobs.logReply('runIn').runIn(1, 'second'); return e }",
    });
    expect(await edge.send("e")).toBeDefined();
    expect(edge.messages()).toEqual([]);
    await edge.advance(1000);
    expect(edge.messages()).toEqual(["reply runIn"]);
  });
});

describe("a person starts", () => {
  const app = {
    "plugin.json": JSON.stringify({
      publicJobs: { refresh: { payload: { from: { type: "date", title: "From", required: true } } } },
    }),
    "index.js":
      "export const jobs = { refresh: (payload, meta) => console.log(payload), hidden: () => console.log('hidden') }",
  };
  test("a job of publicJobs with a payload, and no other [258]", async () => {
    const edge = await deploy({ app });
    expect(await edge.run("app", { job: "refresh", payload: { from: "2036-01-01" } })).toBe(202);
    expect(await edge.run("app", { job: "hidden" })).toBe(404);
    expect(edge.messages()).toEqual(['{"from":"2036-01-01"}']);
  });
});
