import { afterEach, describe, expect, test } from "vitest";
import { RetryError } from "../src/apps/errors.ts";
import { defineApp } from "../src/apps/testing.ts";
import { LANE_PACES } from "../src/delivery/breaker/lane.ts";
import { keys } from "../src/keys.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Messages of three minutes, two or four a minute, with what each is tried until then. */
const TRIES_TO_OPEN = 50;

let edge: TestGateway;
afterEach(() => edge.stop());

const event = (name: string) => ({ event: name, distinct_id: "u1" });

/** Where PostHog stands, and when it was asked. */
function posthogThatIs(isDown: (timeMs: number, project: string) => boolean): number[] {
  const times: number[] = [];
  edge.posthog.answerWith(({ json }) => {
    const nowMs = edge.clock.now();
    times.push(nowMs);
    const { api_key } = json as { api_key: string };
    return isDown(nowMs, api_key) ? new Response("down", { status: 503 }) : Response.json({ status: "Ok" });
  });
  return times;
}

/** Sends requests of one event, spread over a time, and delivers on the way. */
async function captureFor(durationMs: number, requests: number): Promise<void> {
  for (let n = 0; n < requests; n += 1) {
    expect((await edge.capture(event(`at ${edge.clock.now()} ${n}`))).status).toBe(200);
    await edge.advance(durationMs / requests);
  }
}

async function destination(hook: string, project = edge.token) {
  const { accepted, destinations } = await edge.accounts(project);
  const found = destinations.find((candidate) => candidate.hook === hook);
  return { accepted, routed: found?.routed, delivered: found?.delivered, dead: found?.dead };
}

describe("a PostHog that is down for two hours", () => {
  test("is asked about once a minute, and then gets all events, slowly enough", async () => {
    edge = await startTestGateway({ apps: [] });
    const upAtMs = edge.clock.now() + 2 * HOUR_MS;
    const times = posthogThatIs((timeMs) => timeMs < upAtMs);
    await captureFor(2 * HOUR_MS, 240);
    const whileDown = times.filter((timeMs) => timeMs < upAtMs).length;
    expect(whileDown).toBeGreaterThan(60);
    expect(whileDown).toBeLessThan(120 + TRIES_TO_OPEN);

    await edge.advance(10 * MINUTE_MS);
    const after = times.filter((timeMs) => timeMs >= upAtMs);
    const perSecond = new Map<number, number>();
    for (const timeMs of after) {
      const second = Math.floor(timeMs / 1000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    }
    expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(LANE_PACES.drain.rate + 1);
    // What was tried shortly before comes when its own wait is over.
    await edge.advance(HOUR_MS);
    expect(await edge.deadLetters()).toEqual([]);
    expect(await destination("posthog")).toEqual({ accepted: 240, routed: 240, delivered: 240, dead: 0 });
    expect(new Set(after).size).toBeLessThan(after.length);
    expect(await edge.redisCommand("KEYS", keys.breakers("*"))).toEqual([]);
  });

  test("costs Redis nothing more that grows: what waits is in the queue", async () => {
    edge = await startTestGateway({ apps: [] });
    posthogThatIs(() => true);
    await captureFor(10 * MINUTE_MS, 10);
    const held = ((await edge.redisCommand("KEYS", "*")) as string[]).filter(
      (key) => !/^(message|account|apps|qstash|marks)/.test(key),
    );
    expect(held).toEqual([keys.breakers("phc_test")]);
    expect(Number(await edge.redisCommand("TTL", keys.breakers("phc_test")))).toBeGreaterThan(0);
    expect(await (await edge.admin("destinations")).json()).toMatchObject({
      destinations: [{ hook: "posthog", state: "open", error: "PostHog answered 503: down" }],
    });
  });

  test("does not hold back another project, nor an app", async () => {
    const seen: string[] = [];
    edge = await startTestGateway({
      settings: { PROJECT_TOKENS: "phc_test,phc_other" },
      apps: [defineApp("reader", { onEvent: ({ event: name }: { event: string }) => void seen.push(name) })],
    });
    posthogThatIs((_timeMs, project) => project === "phc_test");
    await captureFor(10 * MINUTE_MS, 10);
    await fetch(`${edge.url}/e/`, {
      method: "POST",
      body: JSON.stringify({ api_key: "phc_other", ...event("other") }),
    });
    await edge.settle();
    expect(await destination("posthog", "phc_other")).toMatchObject({ routed: 1, delivered: 1 });
    expect(seen).toHaveLength(11);
    posthogThatIs(() => false);
    await edge.advance(2 * HOUR_MS);
  });

  test("while Redis is away, too, is tried on each message's own schedule, and nothing is lost", async () => {
    edge = await startTestGateway({ apps: [] });
    let isDown = true;
    posthogThatIs(() => isDown);
    await captureFor(5 * MINUTE_MS, 10);
    edge.setRedisAway(true);
    await captureFor(10 * MINUTE_MS, 5);
    await edge.advance(HOUR_MS);
    isDown = false;
    await edge.advance(HOUR_MS);
    edge.setRedisAway(false);
    // QStash offers some of what Redis did not take again after six hours.
    await edge.advance(12 * HOUR_MS);
    expect(new Set(edge.delivered().map(({ uuid }) => uuid)).size).toBe(15);
    expect(await edge.deadLetters()).toEqual([]);
    expect(await destination("posthog")).toEqual({ accepted: 15, routed: 15, delivered: 15, dead: 0 });
  });
});

test("a PostHog that comes and goes gets every event once", async () => {
  edge = await startTestGateway({ apps: [] });
  const startMs = edge.clock.now();
  const isDown = (timeMs: number) => Math.floor((timeMs - startMs) / (7 * MINUTE_MS)) % 2 === 0;
  posthogThatIs((timeMs) => timeMs < startMs + 2 * HOUR_MS && isDown(timeMs));
  await captureFor(2 * HOUR_MS, 120);
  await edge.advance(2 * HOUR_MS);
  expect(await edge.deadLetters()).toEqual([]);
  expect(await destination("posthog")).toEqual({ accepted: 120, routed: 120, delivered: 120, dead: 0 });
});

test("a probe that ends with its process keeps nothing back", async () => {
  edge = await startTestGateway({ apps: [] });
  let isDown = true;
  posthogThatIs(() => isDown);
  await captureFor(10 * MINUTE_MS, 10);
  isDown = false;
  edge.faults.decide(({ to }) => (to === "destination" ? "crash after" : "pass"));
  await edge.advance(2 * MINUTE_MS);
  edge.faults.decide(() => "pass");
  edge.restart();
  await edge.advance(12 * HOUR_MS);
  expect(await destination("posthog")).toEqual({ accepted: 10, routed: 10, delivered: 10, dead: 0 });
  const uuids = edge.delivered().map(({ uuid }) => uuid);
  expect(new Set(uuids).size).toBe(10);
});

describe("an app whose service is down for two hours", () => {
  test("runs onEvent over no event more often than its schedule says, and no event is given up untried", async () => {
    const executions = new Map<string, number>();
    edge = await startTestGateway({
      apps: [
        defineApp("sender", {
          onEvent({ event: name }: { event: string }) {
            executions.set(name, (executions.get(name) ?? 0) + 1);
            if (edge.clock.now() < upAtMs) throw new RetryError("away");
          },
        }),
      ],
    });
    const upAtMs = edge.clock.now() + 2 * HOUR_MS;
    await captureFor(2 * HOUR_MS, 240);
    const whileDown = [...executions.values()].reduce((sum, number) => sum + number, 0);
    expect(whileDown).toBeLessThan(120 + TRIES_TO_OPEN);
    expect(Math.max(...executions.values())).toBeLessThanOrEqual(6);
    await edge.advance(HOUR_MS);
    expect(executions.size).toBe(240);
    const letters = await edge.deadLetters();
    expect(letters.every(({ attempts, error }) => attempts === 6 && error.includes("away"))).toBe(true);
    const { delivered = 0, dead } = await destination("onEvent");
    expect(dead).toBe(letters.length);
    expect(delivered).toBe(240 - letters.length);
    expect(letters.length).toBeLessThan(30);
  });

  test("and which is then taken away leaves what waits for it as dead letters soon, not at a probe's pace", async () => {
    const away = () => {
      throw new RetryError("away");
    };
    edge = await startTestGateway({ apps: [defineApp("leaving", { onEvent: away })] });
    await captureFor(10 * MINUTE_MS, 60);
    edge.restart([]);
    await edge.advance(3 * MINUTE_MS);
    expect(await edge.deadLetters()).toHaveLength(60);
    expect(await destination("onEvent")).toMatchObject({ routed: 60, dead: 60 });
  });

  test("for less than three minutes only gets every event exactly on its schedule", async () => {
    const executions = new Map<string, number[]>();
    edge = await startTestGateway({
      apps: [
        defineApp("sender", {
          onEvent({ event: name }: { event: string }) {
            const times = executions.get(name) ?? [];
            executions.set(name, [...times, (edge.clock.now() - startMs) / 1000]);
            if (edge.clock.now() < startMs + 150_000) throw new RetryError("away");
          },
        }),
      ],
    });
    const startMs = edge.clock.now();
    for (let n = 0; n < 10; n += 1) await edge.capture(event(`e${n}`));
    await edge.settle();
    await edge.advance(HOUR_MS);
    expect([...executions.values()]).toEqual(Array.from({ length: 10 }, () => [0, 5, 15, 35, 75, 155]));
    expect(await destination("onEvent")).toMatchObject({ delivered: 10, dead: 0 });
  });

  test("is probed with one event of a message, however many there are in it", async () => {
    let executions = 0;
    edge = await startTestGateway({
      apps: [
        defineApp("sender", {
          onEvent() {
            executions += 1;
            throw new RetryError("away");
          },
        }),
      ],
    });
    await captureFor(10 * MINUTE_MS, 10);
    await edge.capture(...Array.from({ length: 50 }, (_, n) => event(`e${n}`)));
    executions = 0;
    await edge.advance(10 * MINUTE_MS);
    expect(executions).toBeGreaterThan(5);
    expect(executions).toBeLessThanOrEqual(11);
  });

  test("has what it should export wait in the queue, not in a buffer that grows", async () => {
    const exported: string[] = [];
    let batches = 0;
    edge = await startTestGateway({
      apps: [
        defineApp("exporter", {
          exportEvents(events: { event: string }[]) {
            batches += 1;
            if (edge.clock.now() < upAtMs) throw new RetryError("away");
            exported.push(...events.map(({ event: name }) => name));
          },
        }),
      ],
    });
    const upAtMs = edge.clock.now() + HOUR_MS;
    await captureFor(HOUR_MS, 240);
    expect(batches).toBeLessThan(4 * 60 + 2 * TRIES_TO_OPEN);
    expect(Number(await edge.redisCommand("LLEN", keys.exportBuffer("phc_test", "exporter")))).toBeLessThan(
      5,
    );
    await edge.advance(HOUR_MS);
    const dead = (await edge.deadLetters()).flatMap(({ events }) => events);
    expect(new Set(exported).size).toBe(exported.length);
    expect(exported.length + dead.length).toBe(240);
    expect(await destination("exportEvents")).toEqual({
      accepted: 240,
      routed: 240,
      delivered: exported.length,
      dead: dead.length,
    });
    expect(exported.length).toBeGreaterThan(150);
  });
});
