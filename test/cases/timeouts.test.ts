import { describe, expect, test } from "vitest";
import { deploy, type DeployOptions } from "./deploy.ts";

const settings = { LOOP_LIMIT: "200000", CHAIN_BUDGET_SECONDS: "0.3", TASK_TIMEOUT_SECONDS: "0.3" };
const next = "export function processEvent(e) { e.properties.next = 1; return e }";

describe("a loop that does not end costs its own event only:", () => {
  test.each<[string, string]>([
    ["while with a body [350]", "while (1) {}"],
    ["while without a body [351]", "let i = 0; while (1) i++;"],
    ["while in a promise's callback [352]", "await Promise.resolve().then(() => { while (1) {}; })"],
    ["do with a body [353]", "let i = 0; do { i++ } while (1)"],
    ["do without a body [354]", "let i = 0; do i++; while (1)"],
    ["for with a body [356]", "let a = 0; for (let i = 0; i < 1; i += 0) { a++ }"],
    ["for without a body [357]", "let a = 0; for (;;) a++"],
    ["for with an empty body", "for (;;);"],
    ["for in a promise [358]", "let a = 0; await Promise.resolve().then(() => { for (;;) a++ })"],
    [
      "for … of a generator without end",
      "function* g() { for (let n = 0; ; n++) yield n } for (const x of g());",
    ],
    ["nested loops", "for (;;) { for (let i = 0; i < 10; i++) {} }"],
    ["a labelled loop", "outer: for (;;) { for (;;) continue outer }"],
    ["a loop in a function's default", "const f = (x = (() => { while (true); })()) => x; f()"],
    ["a loop in a class", "class A { static run() { while (true); } }; A.run()"],
    [
      "a loop behind the app's own guard [360]",
      "const __asyncGuard = (a) => a; const __edgehog_guard = () => 0; await __asyncGuard(Promise.resolve()); while (true) __edgehog_guard()",
    ],
    ["a loop that catches what cuts it", "for (;;) { try { while (true); } catch (error) { throw error } }"],
  ])("%s", async (_form, body) => {
    const edge = await deploy(
      { app: `export async function processEvent(e) {\n  ${body}\n  return e\n}`, next },
      { settings },
    );
    expect((await edge.send("e"))?.properties).toMatchObject({
      next: 1,
      $plugins_failed: ["app (1)"],
      $plugins_succeeded: ["next (2)"],
    });
    expect(edge.messages("app")[0]).toMatch(
      /Script execution timed out after looping for 0\.3 seconds on line 2:\d+/,
    );
    expect((await edge.send("e"))?.properties).toMatchObject({ next: 1 });
  });

  test.each<[string, string]>([
    [
      "a long list",
      "let sum = 0; for (const x of Array.from({ length: 100000 }, (_, n) => n)) sum += x; e.properties.sum = sum",
    ],
    [
      "many loops in many calls",
      "const f = () => { let n = 0; while (n < 1000) n++; return n }; let sum = 0; for (let i = 0; i < 1000; i++) sum += f(); e.properties.sum = sum",
    ],
    ["a loop that is left", "let n = 0; while (true) { if (n++ > 1000) break } e.properties.sum = n"],
  ])("but %s ends as it would anywhere", async (_form, body) => {
    const edge = await deploy({ app: `export function processEvent(e) { ${body}; return e }` }, { settings });
    expect((await edge.send("e"))?.properties).toMatchObject({
      sum: expect.any(Number),
      $plugins_failed: [],
    });
  });

  test("in setupPlugin it disables the app [359]", async () => {
    const edge = await deploy(
      { app: "export function setupPlugin() { while (true); } export const processEvent = () => null", next },
      { settings },
    );
    expect((await edge.send("e"))?.properties).toMatchObject({ next: 1, $plugins_failed: [] });
    expect(edge.messages("app").join()).toContain("Disabled the app!");
  });

  test("in onEvent it makes a dead letter", async () => {
    const edge = await deploy({ app: "export function onEvent() { while (true); }" }, { settings });
    await edge.send("e");
    expect(await edge.deadLetters()).toMatchObject([
      { hook: "onEvent", error: expect.stringContaining("timed out after looping") },
    ]);
  });
});

describe("a promise that does not settle in time is cut", () => {
  /** An app whose hook waits for HOOK, which answers when the test says. */
  async function startWaiting(app: string, more: DeployOptions = {}) {
    const edge = await deploy({ app }, { settings, ...more });
    const gate = Promise.withResolvers<Response>();
    edge.hook.answerWith(() => gate.promise);
    return { edge, answer: () => gate.resolve(new Response("late")) };
  }

  test("in processEvent: the event goes on, marked [361, 362]", async () => {
    const { edge, answer } = await startWaiting(
      "export async function processEvent(e) { e.properties.before = 1; await fetch(HOOK); e.properties.after = 1; return e }",
    );
    const sent = edge.send("e");
    await expect
      .poll(() => edge.messages()[0])
      .toBe(
        "TimeoutError: Script execution timed out after promise waited for 0.3 seconds (app, name: processEvent, pluginConfigId: 1)",
      );
    answer();
    const properties = (await sent)?.properties;
    expect(properties).toMatchObject({ before: 1, $plugins_failed: ["app (1)"] });
    expect(properties).not.toHaveProperty("after");
  });

  test("in onEvent, which is tried again [363]", async () => {
    const { edge, answer } = await startWaiting("export const onEvent = () => fetch(HOOK)");
    const sent = edge.send("e");
    await expect
      .poll(() => edge.messages()[0])
      .toBe(
        "onEvent failed with TimeoutError: Script execution timed out after promise waited for 0.3 seconds (app, name: onEvent, pluginConfigId: 1) (attempt 1/6). Retrying in 5 s...",
      );
    answer();
    await sent;
  });

  test("and keeps no other project's events waiting [364]", async () => {
    const { edge, answer } = await startWaiting(
      "export async function processEvent(e) { await fetch(HOOK); return e }",
      { settings: { PROJECT_TOKENS: "phc_test,phc_other" }, listings: { app: { projects: ["phc_test"] } } },
    );
    const slow = edge.send("slow");
    await expect.poll(() => edge.hook.requests.length).toBe(1);
    const body = JSON.stringify({ api_key: "phc_other", event: "quick", distinct_id: "u2" });
    expect((await fetch(`${edge.url}/e/`, { method: "POST", body })).status).toBe(200);
    answer();
    await slow;
  });
});
