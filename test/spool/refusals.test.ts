import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Call } from "../faults.ts";
import {
  MINUTE_MS,
  messageOf,
  named,
  SECOND_MS,
  type SpoolingGateway,
  startSpooling,
  takeInPlaceOfQStash,
} from "./spool.fixture.ts";

let edge: SpoolingGateway;
beforeEach(async () => {
  edge = await startSpooling();
});
afterEach(() => edge.stop());

describe.each([
  ["an error of its own", 500, {}],
  ["an unknown token", 401, {}],
  ["a spent daily quota", 429, { "RateLimit-Limit": "1000", "RateLimit-Remaining": "0" }],
  ["a refusal of this message", 400, {}],
  ["a message that its plan finds too large", 412, {}],
])("when QStash answers with %s", (_what, status, headers) => {
  test(`(${status}) the event is kept and acknowledged, and delivered once QStash takes it`, async () => {
    edge.answerAsQStash(() => new Response("no", { status, headers: headers as Record<string, string> }));
    expect((await edge.capture(named("a", 1))).status).toBe(200);
    await edge.tick();
    expect([edge.names(), await edge.spooled()]).toEqual([[], 1]);
    edge.answerAsQStash(null);
    await edge.tick();
    expect([edge.names(), await edge.spooled()]).toEqual([["a"], 0]);
  });
});

describe("when QStash took a message and its answer was lost", () => {
  const loseAnswers = () => edge.faults.decide(({ to }) => (to === "qstash" ? "lose answer" : "pass"));

  test.each([
    ["soon", 0],
    ["after QStash has forgotten its id", 15],
  ])("the copy in the spool delivers nothing again (%s)", async (_when, minutes) => {
    loseAnswers();
    expect((await edge.capture(named("a"))).status).toBe(200);
    edge.faults.decide(() => "pass");
    await edge.settle();
    expect(edge.names()).toEqual(["a"]);
    await edge.advance(minutes * MINUTE_MS);
    await edge.tick();
    expect([edge.names(), await edge.spooled()]).toEqual([["a"], 0]);
    expect(await edge.accounts()).toMatchObject({ accepted: 1, duplicate: 0 });
  });

  test("an SDK that sends the request again does not put a second copy beside the first", async () => {
    edge.setQStashAway(true);
    await edge.capture(named("a", 1), named("b", 2));
    await edge.capture(named("a", 1), named("b", 2));
    expect(await edge.spooled()).toBe(1);
    edge.setQStashAway(false);
    await edge.tick();
    expect(edge.names()).toEqual(["a", "b"]);
  });
});

describe("when QStash does not answer", () => {
  test("the event is in Redis and acknowledged within its two seconds, and the next does not wait", async () => {
    const { promise: silence, resolve: answer } = Promise.withResolvers<Response>();
    let asked = 0;
    edge.answerAsQStash(() => ((asked += 1), silence.then((response) => response.clone())));
    expect((await edge.capture(named("a"))).status).toBe(200);
    expect((await edge.capture(named("b"))).status).toBe(200);
    expect([asked, await edge.spooled()]).toEqual([1, 2]);
    answer(new Response("too late", { status: 503 }));
    edge.answerAsQStash(null);
    await edge.tick();
    expect(edge.names().toSorted()).toEqual(["a", "b"]);
  });
});

describe("when Redis is away too", () => {
  test("capture answers 503 with Retry-After, keeps nothing, and takes the events when they come again", async () => {
    edge.setQStashAway(true);
    edge.setRedisAway(true);
    const answer = await edge.capture(named("a", 1));
    expect([answer.status, answer.headers.get("Retry-After")]).toEqual([503, "5"]);
    edge.setRedisAway(false);
    expect(await edge.spoolKeys()).toEqual([]);
    expect((await edge.capture(named("a", 1))).status).toBe(200);
    edge.setQStashAway(false);
    await edge.tick();
    expect(edge.names()).toEqual(["a"]);
  });

  test("QStash is asked even right after it has failed, since nobody else would keep the events", async () => {
    edge.setQStashAway(true);
    await edge.capture(named("a"));
    edge.setQStashAway(false);
    edge.setRedisAway(true);
    expect((await edge.capture(named("b"))).status).toBe(200);
    edge.setRedisAway(false);
    await edge.tick();
    expect(edge.names().toSorted()).toEqual(["a", "b"]);
  });

  test("and Redis' answer alone was lost, the event that comes again is delivered once", async () => {
    edge.faults.decide(({ to }: Call) => (to === "qstash" ? "refuse" : "lose answer"));
    expect((await edge.capture(named("a", 1))).status).toBe(503);
    edge.faults.decide(() => "pass");
    edge.clock.set(edge.clock.now() + 5 * SECOND_MS);
    expect((await edge.capture(named("a", 1))).status).toBe(200);
    await edge.settle();
    await edge.tick();
    expect([edge.names(), await edge.spooled()]).toEqual([["a"], 0]);
  });
});

test("a full spool refuses what does not fit with 503, keeps what it has, and takes more when it has been swept", async () => {
  await edge.stop();
  edge = await startSpooling({ settings: { SPOOL_MAX_BYTES: "100000" } });
  edge.setQStashAway(true);
  const large = { ...named("large"), properties: { text: "x".repeat(60_000) } };
  expect((await edge.capture(large)).status).toBe(200);
  expect((await edge.capture(large)).status).toBe(503);
  expect(edge.log.at(-1)?.message).toContain("SPOOL_MAX_BYTES");
  expect((await edge.capture(named("small"))).status).toBe(200);
  edge.setQStashAway(false);
  await edge.tick();
  expect(edge.names().toSorted()).toEqual(["large", "small"]);
  edge.setQStashAway(true);
  expect((await edge.capture(large)).status).toBe(200);
});

describe("of several messages", () => {
  test("those alone are kept in Redis that QStash did not take", async () => {
    const { ids } = takeInPlaceOfQStash(edge);
    edge.faults.decide(({ to }) => (to === "qstash" && edge.timesAsked() === 2 ? "refuse" : "pass"));
    await edge.work((_scope, { queue }) =>
      queue.publish(Array.from({ length: 110 }, (_, n) => messageOf(edge.token, n))),
    );
    expect([ids.length, await edge.spooled()]).toEqual([100, 10]);
    edge.answerAsQStash(null);
    await edge.tick();
    expect(edge.names().toSorted()).toEqual(Array.from({ length: 10 }, (_, n) => `e${100 + n}`));
  });

  test("one that QStash finds too large, in spite of the setting, travels by reference at once", async () => {
    await edge.stop();
    edge = await startSpooling({ settings: { QSTASH_MAX_MESSAGE_BYTES: "2000000" } });
    const properties = { text: "x".repeat(500_000) };
    const events = ["a", "b", "c"].map((event) => ({ event, distinct_id: "u1", properties }));
    expect((await edge.capture(...events)).status).toBe(200);
    expect(await edge.spooled()).toBe(0);
    await edge.settle();
    expect(edge.names()).toEqual(["a", "b", "c"]);
    expect(await edge.redisCommand("KEYS", "oversize:*")).toEqual([]);
  });
});

test("health says what cannot be reached, and how much waits, and asks no more often than every 30 s", async () => {
  const health = async () => (await fetch(`${edge.url}/_gateway/health`)).json();
  edge.setRedisAway(true);
  edge.setQStashAway(true);
  expect(await health()).toMatchObject({
    status: "ok",
    queue: "unreachable",
    store: "unreachable",
    spooled: null,
  });
  edge.setRedisAway(false);
  await edge.capture(named("a"));
  edge.clock.set(edge.clock.now() + 30 * SECOND_MS);
  edge.faults.decide(() => "pass");
  for (let n = 0; n < 3; n += 1) {
    expect(await health()).toMatchObject({ queue: "unreachable", store: "reachable", spooled: 1 });
  }
  expect(edge.faults.calls()).toHaveLength(2);
  edge.setQStashAway(false);
  await edge.tick();
  expect(await health()).toMatchObject({ status: "ok", queue: "reachable", store: "reachable", spooled: 0 });
});
