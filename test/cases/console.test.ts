import { describe, expect, test } from "vitest";
import { deploy, type Deployment } from "./deploy.ts";

/** Level and message of what the admin's API tells of the app's log, but for the gateway's own entries. */
async function kept(edge: Deployment): Promise<string[][]> {
  const answer = await edge.admin("apps/app/logs");
  const { entries } = (await answer.json()) as { entries: Record<"level" | "source" | "message", string>[] };
  return entries.filter(({ source }) => source !== "SYSTEM").map(({ level, message }) => [level, message]);
}

describe("console", () => {
  test.each([
    ["debug", "DEBUG"],
    ["log", "LOG"],
    ["info", "INFO"],
    ["warn", "WARN"],
    ["error", "ERROR"],
  ])("%s writes an entry of level %s, with app, project and hook [328–333]", async (method, level) => {
    const edge = await deploy({ app: `export function onEvent() { console.${method}('number =', 987) }` });
    await edge.send("e");
    expect(edge.log).toEqual([
      {
        timestamp: "2036-03-01T10:00:30.000Z",
        level,
        source: "CONSOLE",
        plugin: "app",
        project: "phc_test",
        hook: "onEvent",
        message: "number = 987",
      },
    ]);
  });

  test.each<[string, string]>([
    ["", ""],
    ["'a', 'b'", "a b"],
    ["''", ""],
    ["1, true, null, undefined", "1 true null undefined"],
    ["{ a: 1 }", '{"a":1}'],
    ["[99, 79]", "[99,79]"],
    ["[]", "[]"],
    ["[{ a: [1] }]", '[{"a":[1]}]'],
    ["new Error('msg')", "Error: msg"],
    ["new TypeError('msg')", "TypeError: msg"],
    ["new RetryError('msg')", "RetryError: msg"],
    ["new Map([[1, 2]])", "[object Map]"],
    ["new Set()", "[object Set]"],
    ["new Date(NaN)", "Invalid Date"],
    ["{ toString: () => 'own' }", "own"],
    ["new (class P { x = 1 })()", '{"x":1}'],
    ["Symbol('s')", "Symbol(s)"],
    ["5n", "5"],
    ["() => 1", "() => 1"],
    ["/re/g", "/re/g"],
    ["'%s is %d', 'a', 1", "%s is %d a 1"],
    ["'lines\\nof\\ttext'", "lines\nof\ttext"],
    ["'ünïcödé 🦔'", "ünïcödé 🦔"],
    ["Buffer.from('ab')", "ab"],
    ["Promise.resolve(1)", "[object Promise]"],
  ])("writes %s as %j [334–339]", async (values, message) => {
    const edge = await deploy({ app: `export function onEvent() { console.log(${values}) }` });
    await edge.send("e");
    expect(edge.messages()).toEqual([message]);
  });

  test.each<[string, string]>([
    ["a circle", "const o = {}; o.o = o; console.log(o)"],
    ["a circle in a list", "const o = []; o.push(o); console.log(o)"],
    ["an object that cannot be made text", "console.log({ toString() { throw new Error('no') } })"],
    ["an object without a prototype", "console.log(Object.create(null))"],
    ["a big integer in an object", "console.log({ n: 1n })"],
  ])("costs the event nothing when it is given %s [340]", async (_what, source) => {
    const edge = await deploy({
      app: `export function processEvent(e) { ${source}; e.properties.after = 1; return e }`,
    });
    expect((await edge.send("e"))?.properties).toMatchObject({ after: 1, $plugins_succeeded: ["app (1)"] });
  });

  test("returns a promise, as it did [341]", async () => {
    const edge = await deploy({
      app: "export async function onEvent() { await console.log('a'); console.log('b').then(() => console.log('c')) }",
    });
    await edge.send("e");
    expect(edge.messages()).toEqual(["a", "b", "c"]);
  });

  test("cuts a message above 50,000 characters [342]", async () => {
    const edge = await deploy({ app: "export function onEvent() { console.log('x'.repeat(60000)) }" });
    await edge.send("e");
    expect(edge.messages()).toHaveLength(1);
    expect(edge.messages()[0]?.length).toBeLessThan(51_000);
  });

  test("writes and keeps what is serious enough for apps.json, and nothing else [343]", async () => {
    const edge = await deploy(
      { app: "export function onEvent() { console.log('chat'); console.error('broken') }" },
      { listings: { app: { logLevel: "warn" } } },
    );
    await edge.send("e");
    expect(edge.messages()).toEqual(["broken"]);
    expect(await kept(edge)).toEqual([["ERROR", "broken"]]);
  });

  test("is kept beyond the process, each entry once [344]", async () => {
    const edge = await deploy({ app: "export function onEvent() { console.info('amogus') }" });
    await edge.send("e");
    edge.restart();
    expect(await kept(edge)).toEqual([["INFO", "amogus"]]);
  });

  test("may be used while the module is loaded, and in deep calls", async () => {
    const edge = await deploy({
      app: "console.log('loading'); const deep = () => [1].forEach(() => console.log('deep')); export function onEvent() { deep() }",
    });
    await edge.send("e");
    expect(edge.messages()).toEqual(["loading", "deep"]);
  });

  test("may be taken apart, and wrapped by the app for itself", async () => {
    const edge = await deploy({
      one: "const { log } = console; const own = console.log; console.log = (...v) => own('one:', ...v); export function onEvent() { console.log('a'); log('b') }",
      two: "export function onEvent() { console.log('c') }",
    });
    await edge.send("e");
    expect(edge.messages("one")).toEqual(["one: a", "b"]);
    expect(edge.messages("two")).toEqual(["c"]);
  });
});

describe("what an app throws", () => {
  test("is in its log with its stack, which names the function [345]", async () => {
    const edge = await deploy({
      app: "function helper() { throw new Error('deep') }\nexport function processEvent(e) { helper(); return e }",
    });
    await edge.send("e");
    expect(edge.log).toMatchObject([{ level: "ERROR", source: "PLUGIN", hook: "processEvent" }]);
    expect(edge.messages()[0]).toMatch(/^Error: deep\n\s+at helper/);
  });

  test("is in its log as it is when it is no Error [348]", async () => {
    const edge = await deploy({ app: "export function processEvent() { throw 'str' }" });
    await edge.send("e");
    expect(edge.messages()).toEqual(["str"]);
  });

  test.each([
    ["a getter", "{ get x() { throw new Error('too late') }, y: 1 }", "Error: too late", { y: 1 }],
    ["a toJSON", "{ toJSON() { throw new Error('not me') }, y: 1 }", "Error: not me", { y: 1 }],
    ["a circle", "(() => { const o = { y: 1 }; o.o = o; return o })()", "TypeError: ", { y: 1 }],
    ["a big integer", "{ y: 1n }", "TypeError: ", { y: "1" }],
  ])(
    "only when its event is written, by %s, is told once with the apps that had the event",
    async (_what, value, why, left) => {
      const edge = await deploy({
        app: `export const processEvent = (e) => (e.properties.odd = ${value}, e)`,
        next: "export const processEvent = (e) => e",
      });
      expect((await edge.send("e"))?.properties["odd"]).toEqual(left);
      const told = edge.messages().filter((message) => message.includes("One of these apps"));
      expect(told).toEqual([
        expect.stringMatching(/^event e \([\w-]{36}\) of phc_test holds what JSON cannot/),
      ]);
      expect(told[0]).toContain(`app (1), next (2). ${why}`);
    },
  );
});
