import { afterEach, describe, expect, test } from "vitest";
import { keys } from "../src/keys.ts";
import { type Recorder, type RecordedRequest, startRecorder } from "./recorder.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

const HOUR_MS = 3_600_000;

let edge: TestGateway;
let alerts: Recorder | undefined;
afterEach(async () => {
  await edge.stop();
  await alerts?.stop();
  alerts = undefined;
});

const events = (count: number, size = 0) =>
  Array.from({ length: count }, (_, n) => ({
    event: `e${n}`,
    distinct_id: "u1",
    ...(size > 0 ? { properties: { text: "x".repeat(size) } } : {}),
  }));
const ok = () => Response.json({ status: "Ok" });

/** Seconds since the first request at which PostHog got each. */
function notesTimes(answer: (nth: number, request: RecordedRequest) => Response): number[] {
  const times: number[] = [];
  const startMs = edge.clock.now();
  edge.posthog.answerWith((request) => {
    times.push((edge.clock.now() - startMs) / 1000);
    return answer(times.length, request);
  });
  return times;
}

async function balance() {
  const { accepted, destinations } = await edge.accounts();
  const posthog = destinations.find(({ hook }) => hook === "posthog");
  expect(posthog?.routed).toBe((posthog?.delivered ?? 0) + (posthog?.dead ?? 0) + (posthog?.ignored ?? 0));
  return { accepted, delivered: posthog?.delivered, dead: posthog?.dead };
}

describe("a batch that PostHog finds too large", () => {
  test("comes in halves until they pass, and an event too large by itself is a dead letter that names it", async () => {
    edge = await startTestGateway({ apps: [] });
    edge.posthog.answerWith(({ body, json }) => {
      const { batch } = json as { batch: { event: string }[] };
      const isTooLarge = body.length > 1500 || batch.some(({ event }) => event === "e5");
      return isTooLarge ? new Response("length limit exceeded", { status: 413 }) : ok();
    });
    await edge.capture(...events(8, 300));
    await edge.settle();
    const arrived = edge.posthog.requests
      .filter(({ body }) => body.length <= 1500 && !body.includes('"e5"'))
      .flatMap(({ json }) => (json as { batch: { event: string }[] }).batch.map(({ event }) => event));
    expect(arrived.toSorted()).toEqual(["e0", "e1", "e2", "e3", "e4", "e6", "e7"]);
    const [letter, ...others] = await edge.deadLetters();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ hook: "posthog", attempts: 1, events: [{ event: "e5" }] });
    expect(letter?.error).toMatch(
      /^PostHog answered 413: length limit exceeded \(the event "e5", .* is too large by itself\)$/,
    );
    expect(await balance()).toEqual({ accepted: 8, delivered: 7, dead: 1 });
  });

  test("keeps in its halves that it is historical", async () => {
    edge = await startTestGateway({ apps: [] });
    const times = notesTimes((nth) => (nth === 1 ? new Response("", { status: 413 }) : ok()));
    await fetch(`${edge.url}/batch/`, {
      method: "POST",
      body: JSON.stringify({ api_key: edge.token, historical_migration: true, batch: events(3) }),
    });
    await edge.settle();
    expect(times).toEqual([0, 0, 0]);
    expect(edge.posthog.requests.map(({ json }) => json)).toEqual(
      Array.from({ length: 3 }, () => expect.objectContaining({ historical_migration: true })),
    );
  });
});

describe("a pause that PostHog asks for", () => {
  test.each([
    ["in seconds", () => "120", 120],
    ["as a date", (nowMs: number) => new Date(nowMs + 90_000).toUTCString(), 90],
    ["longer than an hour is an hour", () => "86400", 3600],
    ["in the past is none", (nowMs: number) => new Date(nowMs - 90_000).toUTCString(), 5],
    ["that nobody understands is none", () => "soon", 5],
  ])("%s", async (_name, header, seconds) => {
    edge = await startTestGateway({ apps: [] });
    const times = notesTimes((nth) =>
      nth === 1
        ? new Response("", { status: 429, headers: { "Retry-After": header(edge.clock.now()) } })
        : ok(),
    );
    await edge.capture(...events(1));
    await edge.settle();
    await edge.advance(2 * HOUR_MS);
    expect(times).toEqual([0, seconds]);
  });
});

test("while PostHog asks for a pause, it gets no other events either", async () => {
  edge = await startTestGateway({ apps: [] });
  const times = notesTimes((nth) =>
    nth === 1 ? new Response("", { status: 429, headers: { "Retry-After": "600" } }) : ok(),
  );
  for (let n = 0; n < 10; n += 1) {
    await edge.capture(...events(1));
    await edge.advance(30_000);
  }
  expect(times).toEqual([0]);
  await edge.advance(HOUR_MS);
  expect(Math.min(...times.slice(1))).toBeGreaterThanOrEqual(600);
  expect(await balance()).toEqual({ accepted: 10, delivered: 10, dead: 0 });
});

test("PostHog is tried for a day, and what it did not take by then is a dead letter with its last answer", async () => {
  edge = await startTestGateway({ apps: [] });
  const times = notesTimes(() => new Response("down", { status: 502 }));
  await edge.capture(...events(2));
  await edge.settle();
  await edge.advance(23 * HOUR_MS);
  expect(await edge.deadLetters()).toEqual([]);
  await edge.advance(3 * HOUR_MS);
  expect(times).toHaveLength(34);
  expect(times.slice(0, 11)).toEqual([0, 5, 15, 35, 75, 155, 315, 635, 1275, 2555, 5115]);
  expect(times.slice(11).every((time, index) => time === 5115 + 3600 * (index + 1))).toBe(true);
  expect(await edge.deadLetters()).toMatchObject([{ attempts: 34, error: "PostHog answered 502: down" }]);
  expect(await balance()).toEqual({ accepted: 2, delivered: 0, dead: 2 });
});

test.each([
  ["a status of its own", () => Response.json({ status: 0, error: "busy" })],
  ["the page of a proxy", () => new Response("<!doctype html><p>Welcome")],
])("a success with %s for a body is none", async (_name, answer) => {
  edge = await startTestGateway({ apps: [] });
  const times = notesTimes((nth) => (nth === 1 ? answer() : ok()));
  await edge.capture(...events(1));
  await edge.settle();
  await edge.advance(60_000);
  expect(times).toEqual([0, 5]);
  expect(await balance()).toEqual({ accepted: 1, delivered: 1, dead: 0 });
});

test("a final refusal is a dead letter with PostHog's answer, shortened and rid of secrets", async () => {
  edge = await startTestGateway({ apps: [], settings: { POSTHOG_PERSONAL_API_KEY: "phx_confidential" } });
  edge.posthog.answerWith(() => new Response(`no phx_confidential ${"x".repeat(100_000)}`, { status: 400 }));
  await edge.capture(...events(1));
  await edge.settle();
  const [letter] = await edge.deadLetters();
  expect(letter?.error).toMatch(/^PostHog answered 400: no \[secret\] x+$/);
  expect(letter?.error.length).toBeLessThan(600);
  expect(edge.posthog.requests).toHaveLength(1);
});

describe("a project that PostHog refuses", () => {
  const refusal = () => Response.json({ detail: "unknown token" }, { status: 401 });

  test("has its events wait without an attempt, a person told, and all delivered when it is mended", async () => {
    alerts = await startRecorder();
    edge = await startTestGateway({ apps: [], settings: { ALERT_WEBHOOK_URL: alerts.url } });
    let isMended = false;
    const times = notesTimes(() => (isMended ? ok() : refusal()));
    for (let n = 0; n < 20; n += 1) await edge.capture(...events(2));
    await edge.settle();
    await edge.advance(48 * HOUR_MS);
    // A quarter of an hour apart at least, after those that found out together.
    expect(times.filter((time) => time > 60).length).toBeGreaterThan(90);
    expect(times.filter((time) => time > 60).length).toBeLessThan(48 * 4 + 1);
    expect(await edge.deadLetters()).toEqual([]);
    expect(alerts.requests).toHaveLength(1);
    expect(alerts.requests[0]?.json).toMatchObject({ project: "phc_test" });
    expect(alerts.requests[0]?.body).toContain("unknown token");
    // The one that was tried last waits for its delay first.
    const answer = await edge.admin("destinations");
    expect(await answer.json()).toMatchObject({
      destinations: [
        { hook: "posthog", state: "parked", error: expect.stringContaining("unknown token"), waiting: 19 },
      ],
    });

    isMended = true;
    await edge.advance(HOUR_MS);
    expect(await balance()).toEqual({ accepted: 40, delivered: 40, dead: 0 });
    expect(await edge.redisCommand("EXISTS", keys.breakers("phc_test"))).toBe(0);
  });

  test("goes on at once when a person says so, and is parked again if nothing was mended", async () => {
    edge = await startTestGateway({ apps: [] });
    let isMended = false;
    const times = notesTimes(() => (isMended ? ok() : refusal()));
    await edge.capture(...events(3));
    await edge.settle();
    await edge.advance(60_000);
    const resume = () => edge.admin("destinations/posthog/resume", { method: "POST" });
    expect(await (await resume()).json()).toMatchObject({ project: "phc_test", state: "closed" });
    await edge.capture(...events(1));
    await edge.settle();
    expect(times).toEqual([0, 60]);
    isMended = true;
    expect((await resume()).status).toBe(200);
    await edge.settle();
    await edge.advance(900_000);
    expect(await balance()).toEqual({ accepted: 4, delivered: 4, dead: 0 });
    expect((await edge.admin("destinations/onEvent/nobody/resume", { method: "POST" })).status).toBe(404);
  });

  test("is one that is redirected elsewhere, too: nothing is sent to an address that nobody configured", async () => {
    edge = await startTestGateway({ apps: [] });
    const elsewhere = `${edge.posthog.url}/elsewhere`;
    edge.posthog.answerWith(() => new Response(null, { status: 301, headers: { Location: elsewhere } }));
    await edge.capture(...events(1));
    await edge.settle();
    await edge.advance(HOUR_MS);
    expect(edge.posthog.requests.every(({ path }) => path === "/batch/")).toBe(true);
    const { destinations } = (await (await edge.admin("destinations")).json()) as { destinations: object[] };
    expect(destinations).toMatchObject([{ state: "parked", error: expect.stringContaining(elsewhere) }]);
    edge.posthog.answerWith(ok);
    await edge.advance(HOUR_MS);
    expect(await balance()).toEqual({ accepted: 1, delivered: 1, dead: 0 });
  });
});
