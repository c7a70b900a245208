import { describe, expect, test } from "vitest";
import { deploy } from "./deploy.ts";

describe("scheduled tasks", () => {
  test.each([
    ["exported functions", "export function runEveryMinute() { console.log('ran') }"],
    ["top-level functions", "async function runEveryMinute() { console.log('ran') }"],
    ["members of module.exports", "module.exports = { runEveryMinute: async () => { console.log('ran') } }"],
  ])("may be %s [216]", async (_form, app) => {
    const edge = await deploy({ app });
    await edge.tick();
    expect(edge.messages()).toEqual(["ran"]);
  });

  test.each([
    "export const runEveryMinute = 5",
    "const runEveryMinute = () => console.log('ran')",
    "export function runEveryFiveMinutes() { console.log('ran') }",
    "export function runEverySecond() { console.log('ran') }",
  ])("are not %s [217–219]", async (app) => {
    const edge = await deploy({ app });
    await edge.tick();
    expect(edge.messages()).toEqual([]);
  });

  test("run each minute, hour and day of UTC [220, 222]", async () => {
    const edge = await deploy({
      app: `export const runEveryMinute = () => { console.log('minute') }
        export const runEveryHour = () => { console.log('hour') }
        export const runEveryDay = () => { console.log('day') }`,
    });
    edge.clock.set(Date.UTC(2036, 2, 1, 23, 57, 30));
    const ran: string[][] = [];
    for (const _ of ["23:58", "23:59", "00:00", "00:01"]) {
      const before = edge.messages().length;
      await edge.tick();
      ran.push(edge.messages().slice(before).toSorted());
    }
    expect(ran).toEqual([["minute"], ["minute"], ["day", "hour", "minute"], ["minute"]]);
  });

  test("get meta alone, and what they return is not looked at [221, 223]", async () => {
    const edge = await deploy({
      app: "export function runEveryMinute() { console.log(arguments.length, typeof arguments[0].config); return { drop: true } }",
    });
    await edge.tick();
    expect(edge.messages()).toEqual(["1 object"]);
  });

  test("are logged when they throw, run again at the next tick, and keep none from running [224]", async () => {
    const edge = await deploy({
      broken: "export function runEveryMinute() { console.log('tried'); throw new Error('lol') }",
      retrying: "export function runEveryMinute() { console.log('tried'); throw new RetryError('later') }",
      fine: "export function runEveryMinute() { console.log('ran') }",
    });
    await edge.tick();
    await edge.tick();
    expect(edge.messages("fine")).toEqual(["ran", "ran"]);
    for (const plugin of ["broken", "retrying"]) {
      expect(edge.messages(plugin).filter((message) => message === "tried")).toHaveLength(2);
    }
    expect(edge.log.filter(({ level, source }) => level === "ERROR" && source === "PLUGIN")).toHaveLength(4);
  });

  test("do not run for an app that is disabled, or not of this project [226]", async () => {
    const app = "export function runEveryMinute() { console.log('ran') }";
    const edge = await deploy(
      { disabled: app, elsewhere: app },
      { listings: { disabled: { enabled: false }, elsewhere: { projects: ["phc_other"] } } },
    );
    await edge.tick();
    expect([edge.messages(), await edge.run("disabled", { task: "runEveryMinute" })]).toEqual([[], 404]);
  });

  test("run once for each project", async () => {
    const edge = await deploy(
      { app: "export function runEveryMinute({ config }) { console.log('ran') }" },
      { settings: { PROJECT_TOKENS: "phc_test,phc_other" } },
    );
    await edge.tick();
    expect(edge.log.map(({ project }) => project).toSorted()).toEqual(["phc_other", "phc_test"]);
  });

  test("run once though two isolates fire the same tick [228]", async () => {
    const edge = await deploy({ app: "export function runEveryMinute() { console.log('ran') }" });
    const tick = Math.floor(edge.clock.now() / 60_000) * 60_000;
    await edge.scheduled(tick);
    edge.restart();
    await edge.scheduled(tick + 500);
    await edge.settle();
    expect(edge.messages()).toEqual(["ran"]);
  });

  test.each([
    ["runEveryMinute", 61, 0],
    ["runEveryMinute", 59, 1],
    ["runEveryHour", 3599, 1],
    ["runEveryHour", 3601, 0],
    ["runEveryDay", 86_399, 1],
  ])(
    "that come late are caught up within their period: %s, %i s late, runs %i times [227]",
    async (task, lateSeconds, runs) => {
      const edge = await deploy({ app: `export function ${task}() { console.log('ran') }` });
      const midnight = Date.UTC(2036, 2, 2);
      edge.clock.set(midnight);
      await edge.scheduled(midnight);
      edge.clock.set(midnight + lateSeconds * 1000);
      await edge.settle();
      expect(edge.messages()).toHaveLength(runs);
    },
  );

  test("use what set-up made, storage and capture [225]", async () => {
    const edge = await deploy({
      app: `export function setupPlugin({ global }) { global.unit = 'stars' }
        export async function runEveryMinute({ storage, global }) {
          const seen = await storage.get('seen', 0)
          await storage.set('seen', seen + 1)
          await posthog.capture('polled', { seen, unit: global.unit })
        }`,
    });
    await edge.tick();
    await edge.tick();
    expect(
      edge.delivered().map(({ event, properties }) => [event, properties["seen"], properties["unit"]]),
    ).toEqual([
      ["polled", 0, "stars"],
      ["polled", 1, "stars"],
    ]);
  });
});
