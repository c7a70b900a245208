import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import type { AppHost } from "../src/apps/definition.ts";
import { defineApp } from "../src/apps/testing.ts";
import { sign } from "../src/local/qstash/signature.ts";
import { keys } from "../src/keys.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

const at = (time: string) => Date.parse(`2036-03-01T${time}:00Z`);
const MINUTE_MS = 60_000;

let edge: TestGateway;
afterEach(() => edge.stop());

/** A cron tick at its time, and what follows from it. */
async function tick(time: string): Promise<void> {
  edge.clock.set(at(time));
  await edge.scheduled(at(time));
  await edge.settle();
}

describe("a tick that was missed", () => {
  const ran: string[] = [];
  const note = (task: string) => () =>
    void ran.push(`${task} ${new Date(edge.clock.now()).toISOString().slice(11, 16)}`);
  const app = defineApp("app", {
    runEveryMinute: note("minute"),
    runEveryHour: note("hour"),
    runEveryDay: note("day"),
  });
  const start = async () => {
    ran.length = 0;
    edge = await startTestGateway({ apps: [app] });
  };

  test("is caught up once, by whichever gateway ticks next", async () => {
    await start();
    await tick("10:59");
    edge.restart();
    await tick("11:07");
    await tick("11:08");
    expect(ran.toSorted()).toEqual(["hour 11:07", "minute 10:59", "minute 11:07", "minute 11:08"]);
  });

  test("costs one Redis command to notice, however many apps and projects", async () => {
    await start();
    await tick("10:59");
    const commands = () => edge.redis.counters().commands;
    edge.clock.set(at("11:00"));
    const before = commands();
    await edge.scheduled(at("11:00"));
    // The sweep's look at its three sets is three, that at the spool one, and the question of what changed elsewhere another.
    expect(commands() - before).toBe(6);
  });

  test("is not what a first deployment has: it begins at the next full minute, hour and day", async () => {
    await start();
    await tick("10:30");
    await tick("11:00");
    expect(ran.toSorted()).toEqual(["hour 11:00", "minute 10:30", "minute 11:00"]);
  });

  test("is none when the clock is set back: nothing runs twice, and tasks go on soon", async () => {
    await start();
    for (const time of ["11:00", "10:58", "11:00", "11:01"]) await tick(time);
    expect(ran.toSorted()).toEqual(["hour 11:00", "minute 11:00", "minute 11:01"]);
  });

  test("is not waited for after a clock that was far ahead", async () => {
    await start();
    await tick("23:10");
    await tick("11:01");
    await tick("11:02");
    expect(ran.slice(1)).toEqual(["minute 11:01", "minute 11:02"]);
  });

  test("is caught up after QStash had refused it", async () => {
    await start();
    await tick("10:59");
    edge.clock.set(at("11:00"));
    edge.setQStashAway(true);
    await expect(edge.scheduled(at("11:00"))).rejects.toThrow("QStash did not accept");
    edge.setQStashAway(false);
    await tick("11:01");
    expect(ran.toSorted()).toEqual(["hour 11:01", "minute 10:59", "minute 11:01"]);
  });

  test("keeps none that is in time from running while Redis is away", async () => {
    await start();
    edge.clock.set(at("11:00"));
    edge.setRedisAway(true);
    const ticked = edge.scheduled(at("11:00")).catch(() => {});
    await ticked;
    edge.setRedisAway(false);
    await edge.settle();
    expect(ran.toSorted()).toEqual(["hour 11:00", "minute 11:00"]);
  });
});

describe("a run that was away for longer than its lease", () => {
  interface Host extends AppHost {
    posthog: { capture(event: string): Promise<void> };
    fetch: typeof fetch;
  }
  interface Meta {
    cache: { set(key: string, value: string): Promise<void> };
    storage: { set(key: string, value: string): Promise<void> };
    jobs: { later(): { runNow(): Promise<void> } };
    global: Record<string, unknown>;
  }
  const leaseKey = keys.taskLease("phc_test", "app", "runEveryMinute");
  const away = Promise.withResolvers<void>();
  const refusals: string[] = [];
  let runs = 0;

  /** The first run waits until it is let go; every run then does all that a host allows. */
  const app = defineApp(
    "app",
    {},
    {
      createApp(host) {
        const { posthog, fetch } = host as Host;
        const runEveryMinute = async ({ cache, storage, jobs, global }: Meta) => {
          runs += 1;
          const run = runs;
          if (run === 1) await away.promise;
          global["by"] = run;
          const acts: [string, () => Promise<unknown>][] = [
            ["capture", async () => posthog.capture(`by run ${run}`)],
            ["cache", () => cache.set("by", `run ${run}`)],
            ["storage", () => storage.set("by", `run ${run}`)],
            ["jobs", () => jobs.later().runNow()],
            ["fetch", () => fetch(edge.posthog.url, { method: "POST", body: `by run ${run}` })],
          ];
          for (const [name, act] of acts) {
            await act().catch((error: Error) => refusals.push(`${run} ${name}: ${error.message}`));
          }
        };
        return { exports: { runEveryMinute }, defaultExport: undefined, moduleExports: {}, topLevel: {} };
      },
    },
  );

  test("acts no more, and says so, while the run that took its place does", async () => {
    edge = await startTestGateway({ apps: [app] });
    edge.clock.set(at("11:00"));
    await edge.scheduled(at("11:00"));
    const first = edge.settle();
    await expect.poll(() => runs).toBe(1);
    expect(Number(await edge.redisCommand("PTTL", leaseKey))).toBeGreaterThan(0);
    expect(Number(await edge.redisCommand("PTTL", leaseKey))).toBeLessThanOrEqual(keys.taskLeaseTtlMs);

    // Another gateway over the same Redis; Redis' own clock is not the test's.
    edge.restart();
    edge.clock.set(at("11:01"));
    await edge.redisCommand("PEXPIRE", leaseKey, "1");
    await expect.poll(() => edge.redisCommand("EXISTS", leaseKey)).toBe(0);
    await edge.scheduled(at("11:01"));
    void edge.settle();
    await expect.poll(() => edge.delivered().length).toBe(1);

    away.resolve();
    await first;
    await edge.settle();
    expect(runs).toBe(2);
    expect(edge.delivered().map(({ event }) => event)).toEqual(["by run 2"]);
    expect(await edge.redisCommand("GET", keys.appCache("phc_test", "app", "by"))).toBe('"run 2"');
    expect(edge.posthog.requests.filter(({ body }) => body === "by run 1")).toEqual([]);
    expect(refusals.map((text) => text.split(" refused: ")[0])).toEqual([
      "1 capture: posthog.capture",
      "1 cache: cache",
      "1 storage: storage",
      "1 jobs: jobs",
      "1 fetch: fetch",
    ]);
    expect(refusals[0]).toContain("another may have taken its place");
    expect(edge.log).toContainEqual(
      expect.objectContaining({
        level: "WARN",
        plugin: "app",
        hook: "runEveryMinute",
        message: expect.stringContaining("lost its lease"),
      }),
    );
    expect(await edge.redisCommand("EXISTS", leaseKey)).toBe(0);
  });
});

test("a task's message that QStash offers again while the task runs does not run it twice", async () => {
  const gate = Promise.withResolvers<void>();
  let runs = 0;
  edge = await startTestGateway({
    apps: [
      defineApp("app", {
        async runEveryHour() {
          runs += 1;
          await gate.promise;
        },
      }),
    ],
  });
  // As the admin API leaves it: the lease is taken, and handed on in the message.
  const lease = randomUUID();
  const key = keys.taskLease("phc_test", "app", "runEveryHour");
  await edge.redisCommand("SET", key, lease, "PX", String(MINUTE_MS));
  const body = JSON.stringify({
    v: 1,
    id: randomUUID(),
    project: "phc_test",
    plugin: "app",
    task: "runEveryHour",
    lease,
  });
  const offer = async () => {
    const url = `${edge.url}/_gateway/task`;
    const signature = sign({
      key: "sig_current_for_tests_only",
      url,
      body: Buffer.from(body),
      now: edge.clock.now(),
      tokenId: "1",
    });
    return (await fetch(url, { method: "POST", body, headers: { "Upstash-Signature": signature } })).status;
  };
  const first = offer();
  await expect.poll(() => runs).toBe(1);
  // To be offered later, when it is done.
  expect(await offer()).toBe(503);
  expect(runs).toBe(1);
  gate.resolve();
  expect(await first).toBe(200);
  expect(await offer()).toBe(200);
  expect(runs).toBe(1);
});
