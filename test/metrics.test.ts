import { afterEach, describe, expect, test } from "vitest";
import { defineApp } from "../src/apps/testing.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

const HOUR_MS = 3_600_000;
const MINUTE_17_MS = 17 * 60_000;

let edge: TestGateway;
afterEach(() => edge.stop());

const start = async () => {
  edge = await startTestGateway({
    apps: [
      defineApp("filter", { processEvent: (event: { event: string }) => event.event !== "noise" && event }),
      defineApp("reader", {
        onEvent({ event }: { event: string }) {
          if (event === "bad") throw new Error("bug");
        },
      }),
    ],
  });
};
async function send(...events: string[]): Promise<void> {
  await edge.capture(...events.map((event) => ({ event, distinct_id: "u1" })));
  await edge.settle();
}
const scrape = async (headers: Record<string, string> = { Accept: "text/plain;version=0.0.4" }) =>
  fetch(`${edge.url}/admin/api/metrics`, {
    headers: { Authorization: `Bearer ${edge.adminToken}`, ...headers },
  });
/** Samples of a scrape, without those that are zero. */
async function samples(): Promise<Record<string, number>> {
  const text = await (await scrape()).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const pairs = lines.map((line) => {
    const space = line.lastIndexOf(" ");
    return [line.slice(0, space), Number(line.slice(space + 1))] as const;
  });
  return Object.fromEntries(pairs.filter(([, value]) => value > 0));
}
/** The cron tick of each hour at which it is kept house. */
async function passHours(count: number): Promise<void> {
  for (let hour = 0; hour < count; hour += 1) {
    const nextMs = Math.floor(edge.clock.now() / HOUR_MS + 1) * HOUR_MS + MINUTE_17_MS;
    edge.clock.set(nextMs);
    await edge.scheduled(nextMs);
    await edge.settle();
  }
}

describe("metrics", () => {
  test("as JSON show what became of events in each hour", async () => {
    await start();
    await send("good", "bad", "noise");
    const firstMs = edge.clock.now();
    edge.clock.set(firstMs + 2 * HOUR_MS);
    await send("good");
    const answer = await (await edge.admin("metrics")).json();
    const hourOf = (timeMs: number) => `${new Date(timeMs).toISOString().slice(0, 13)}:00:00.000Z`;
    expect(answer).toMatchObject({
      step: "hour",
      projects: [
        {
          project: edge.token,
          hours: [
            { hour: hourOf(firstMs + 2 * HOUR_MS), accepted: 1 },
            {
              hour: hourOf(firstMs),
              accepted: 3,
              dropped: { filter: 1 },
              destinations: expect.arrayContaining([
                expect.objectContaining({ hook: "onEvent", plugin: "reader", delivered: 1, dead: 1 }),
                expect.objectContaining({ hook: "posthog", delivered: 2 }),
              ]),
            },
          ],
        },
      ],
    });
    const early = await edge.admin(`metrics?to=${new Date(firstMs).toISOString()}`);
    expect(await early.json()).toMatchObject({ projects: [{ hours: [{ accepted: 3 }] }] });
  });

  test("for Prometheus count since the beginning, and never less, while hours are added up and dropped", async () => {
    await start();
    await send("good", "bad", "noise");
    const accepted = 'edgehog_accepted_events_total{project="phc_test"}';
    const dead =
      'edgehog_destination_events_total{project="phc_test",app="reader",hook="onEvent",outcome="dead"}';
    expect(await samples()).toMatchObject({
      [accepted]: 3,
      [dead]: 1,
      'edgehog_dead_letters{project="phc_test"}': 1,
    });
    let before = 3;
    for (let round = 0; round < 8; round += 1) {
      await passHours(1);
      const counted = (await samples())[accepted];
      expect(counted).toBe(before);
      await send("good");
      before += 1;
    }
    const tickMs = Math.floor(edge.clock.now() / HOUR_MS) * HOUR_MS + 24 * HOUR_MS + MINUTE_17_MS;
    edge.clock.set(tickMs);
    await Promise.all([edge.scheduled(tickMs), edge.scheduled(tickMs)]);
    // As their life time ends, which Redis measures by a clock of its own.
    const hours = (await edge.redisCommand("KEYS", "account:phc_test:20*")) as string[];
    await edge.redisCommand("DEL", ...hours);
    expect(await samples()).toMatchObject({ [accepted]: before, [dead]: 1 });
  });

  test("cost a scrape of a project about eight Redis commands, however long it has counted", async () => {
    await start();
    await send("good");
    const costOf = async () => {
      const before = edge.redis.counters().commands;
      await samples();
      return edge.redis.counters().commands - before;
    };
    expect(await costOf()).toBeLessThanOrEqual(16);
    await passHours(10);
    expect(await costOf()).toBeLessThanOrEqual(8);
  });

  test("count dead letters that have expired, and the list shows them no more", async () => {
    await start();
    await send("bad", "bad");
    edge.clock.set(edge.clock.now() + 31 * 24 * HOUR_MS);
    expect(await (await edge.admin("deadletters")).json()).toEqual({ entries: [], cursor: null });
    await passHours(1);
    const labels = 'project="phc_test",app="reader",hook="onEvent"';
    expect(await samples()).toMatchObject({
      [`edgehog_destination_events_total{${labels},outcome="expired"}`]: 2,
    });
    expect(await samples()).not.toHaveProperty('edgehog_dead_letters{project="phc_test"}');
    expect(edge.log.at(-1)?.message).toContain("2 dead letters of project phc_test have expired");
  });

  test("counts that Redis took late are in the totals all the same", async () => {
    await start();
    await send("warm up");
    await passHours(6);
    edge.setRedisAway(true);
    await send("late");
    edge.clock.set(edge.clock.now() + 12 * HOUR_MS);
    edge.setRedisAway(false);
    await edge.scheduled(Math.floor(edge.clock.now() / HOUR_MS) * HOUR_MS + MINUTE_17_MS);
    await edge.advance(24 * HOUR_MS);
    await passHours(6);
    expect(await samples()).toMatchObject({ 'edgehog_accepted_events_total{project="phc_test"}': 2 });
  });

  test("are refused without the token, and show faulty parameters by name", async () => {
    await start();
    expect((await scrape({ Authorization: "Bearer wrong" })).status).toBe(401);
    for (const [query, expected] of [
      ["?from=then", "from: give a time"],
      ["?step=minute", "step: hours are"],
      ["?format=xml", "format: give json or prometheus"],
    ] as const) {
      const answer = await edge.admin(`metrics${query}`);
      expect([answer.status, await answer.json()]).toEqual([
        400,
        {
          error: expect.stringContaining(expected),
          faults: [{ field: expected.split(":")[0], why: expect.any(String) }],
        },
      ]);
    }
  });
});
