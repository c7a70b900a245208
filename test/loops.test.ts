import { afterEach, describe, expect, test } from "vitest";
import type { AppHost } from "../src/apps/definition.ts";
import { createGenerations, GENERATION_HEADER } from "../src/apps/generation.ts";
import { defineApp } from "../src/apps/testing.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

let edge: TestGateway;
afterEach(() => edge.stop());

interface Host extends AppHost {
  fetch: typeof fetch;
  posthog: {
    capture(event: string): Promise<void>;
    api: { post(path: string, options: object): Promise<Response> };
  };
}

/** An app that uses its world, as compiled ones do. */
const appWith = (createExports: (host: Host) => Record<string, unknown>) =>
  defineApp(
    "looper",
    {},
    {
      createApp: (host) => ({
        exports: createExports(host as Host),
        defaultExport: undefined,
        moduleExports: {},
        topLevel: {},
      }),
    },
  );

const again = () => JSON.stringify({ api_key: edge.token, event: "again", distinct_id: "app" });
const send = (fetch: Host["fetch"], address = edge.url) =>
  fetch(`${address}/e/`, { method: "POST", body: again() });

const errors = () => edge.log.filter(({ level }) => level === "ERROR").map(({ message }) => message);

describe("an app that answers its own events for ever is stopped at the tenth generation, and told so, when it", () => {
  const loops: [how: string, createExports: Parameters<typeof appWith>[0]][] = [
    [
      "captures in processEvent",
      ({ posthog }) => ({
        processEvent(event: object) {
          void posthog.capture("again");
          return event;
        },
      }),
    ],
    ["captures in onEvent", ({ posthog }) => ({ onEvent: () => posthog.capture("again") })],
    ["captures in exportEvents", ({ posthog }) => ({ exportEvents: () => posthog.capture("again") })],
    [
      "captures in a job",
      ({ posthog }) => ({
        onEvent: (_event: object, { jobs }: { jobs: { again(): { runNow(): Promise<void> } } }) =>
          jobs.again().runNow(),
        jobs: { again: () => posthog.capture("again") },
      }),
    ],
    [
      "sends to the gateway by fetch",
      ({ fetch }) => ({
        async processEvent(event: object) {
          await send(fetch);
          return event;
        },
      }),
    ],
    [
      "sends to the address at which the gateway was called",
      ({ fetch }) => ({
        async processEvent(event: object) {
          await send(fetch, edge.url.replace("127.0.0.1", "localhost"));
          return event;
        },
      }),
    ],
    [
      "sends by fetch with a generation of its own choice",
      ({ fetch }) => ({
        onEvent: () =>
          fetch(`${edge.url}/e/`, { method: "POST", body: again(), headers: { [GENERATION_HEADER]: "0" } }),
      }),
    ],
    [
      "sends by posthog.api",
      ({ posthog }) => ({
        onEvent: () => posthog.api.post("/e/", { host: edge.url, data: JSON.parse(again()) }),
      }),
    ],
    ["sends a webhook", () => ({ composeWebhook: () => ({ url: `${edge.url}/e/`, body: again() }) })],
  ];
  for (const [how, createExports] of loops) {
    test(how, async () => {
      edge = await startTestGateway({ apps: [appWith(createExports)] });
      await fetch(`${edge.url.replace("127.0.0.1", "localhost")}/e/`, {
        method: "POST",
        body: JSON.stringify({ api_key: edge.token, event: "start", distinct_id: "u1" }),
      });
      await edge.advance(300_000);
      expect(
        edge
          .delivered()
          .map(({ event }) => event)
          .toSorted(),
      ).toEqual([...Array.from({ length: 9 }, () => "again"), "start"]);
      expect(errors()[0]).toMatch(
        /refused: 10 events in a row each led to the next one, which looks like an endless loop$/,
      );
    });
  }
});

describe("a generation that a client claims", () => {
  const capturing = appWith(({ posthog }) => ({ onEvent: () => posthog.capture("again") }));
  const claim = async (value: string) => {
    edge = await startTestGateway({ apps: [capturing] });
    await fetch(`${edge.url}/e/`, {
      method: "POST",
      headers: { [GENERATION_HEADER]: value },
      body: JSON.stringify({ api_key: edge.token, event: "start", distinct_id: "u1" }),
    });
    await edge.advance(60_000);
    return edge.delivered().length;
  };
  const signed = (currentSigningKey: string, generation: number) =>
    createGenerations({ currentSigningKey, nextSigningKey: "" }).seal(generation);

  test("is not believed without our signature", async () => {
    expect(await claim(signed("of somebody", 9))).toBe(10);
  });

  test("is believed with the current key, and with the next one while keys are rotated", async () => {
    expect(await claim(signed("sig_current_for_tests_only", 9))).toBe(1);
    await edge.stop();
    expect(await claim(signed("sig_next_for_tests_only", 9))).toBe(1);
  });
});
