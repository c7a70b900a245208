import { describe, expect, test } from "vitest";
import { deploy } from "./deploy.ts";

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

  test("may be promised", async () => {
    const edge = await deploy({
      app: "export const composeWebhook = async (e) => ({ url: HOOK, body: e.event })",
    });
    await edge.send("e");
    expect(edge.hook.requests).toMatchObject([{ method: "POST", body: "e" }]);
  });

  test("is a dead letter that says what is missing when it has no address", async () => {
    const edge = await deploy({ app: "export const composeWebhook = () => ({ body: 'x' })" });
    await edge.send("e");
    expect(await edge.deadLetters()).toMatchObject([
      { error: "Error: composeWebhook returned no url: it must return { url, body } or nothing" },
    ]);
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

  test("waits 10 s for its receiver, whose silence is a dead letter then; the event is delivered meanwhile [391]", async () => {
    const edge = await deploy({ app: "export const composeWebhook = () => ({ url: HOOK, body: '' })" });
    const { promise: silence, resolve: end } = Promise.withResolvers<Response>();
    edge.hook.answerWith(() => silence);
    const sent = edge.send("e");
    await expect.poll(() => edge.delivered().length).toBe(1);
    expect(await sent).toBeDefined();
    end(new Response(""));
    expect(await edge.deadLetters()).toMatchObject([
      { hook: "composeWebhook", attempts: 1, error: expect.stringContaining("network timeout") },
    ]);
  });
});
