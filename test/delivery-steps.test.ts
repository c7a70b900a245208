import { afterEach, describe, expect, test } from "vitest";
import type { AppDefinition } from "../src/apps/definition.ts";
import { RetryError } from "../src/apps/errors.ts";
import type { AppJobs } from "../src/apps/meta/jobs.ts";
import { defineApp } from "../src/apps/testing.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

let edge: TestGateway;
afterEach(() => edge.stop());

const event = (name: string) => ({ event: name, distinct_id: "u1" });

test("a crash while one app hangs does not repeat what the others had done", async () => {
  const seen: string[] = [];
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  edge = await startTestGateway({
    apps: [
      defineApp("quick", { onEvent: () => void seen.push("quick") }),
      defineApp("hanging", {
        onEvent() {
          seen.push("hanging");
          return released;
        },
      }),
    ],
  });
  await edge.capture(event("e"));
  const settled = edge.settle();
  const progress = async () => {
    const [key] = (await edge.redisCommand("KEYS", "message:deliver:*")) as string[];
    return key === undefined ? "" : String(await edge.redisCommand("GET", key));
  };
  await expect.poll(progress).toContain("onEvent quick");
  expect(await progress()).toContain("posthog");
  expect(await progress()).not.toContain("onEvent hanging");
  // From here on nothing of this process gets out.
  edge.faults.decide(() => "crash before");
  release();
  await settled;
  edge.faults.decide(() => "pass");
  edge.restart();
  await edge.advance(3_600_000);
  expect(seen.toSorted()).toEqual(["hanging", "hanging", "quick"]);
  expect(edge.delivered()).toHaveLength(1);
  expect(await edge.accounts()).toMatchObject({ accepted: 1 });
});

test("hooks beyond the platform's subrequests go on in a message of their own, counted over all apps", async () => {
  const budget = 12;
  const perDelivery: number[] = [];
  const caller = (plugin: string): AppDefinition =>
    defineApp(
      plugin,
      {},
      {
        createApp: ({ fetch: hostFetch }) => ({
          exports: { onEvent: () => (hostFetch as typeof fetch)(`${edge.posthog.url}/called/${plugin}`) },
          defaultExport: undefined,
          moduleExports: {},
          topLevel: {},
        }),
      },
    );
  edge = await startTestGateway({
    apps: [caller("one"), caller("two"), caller("three"), defineApp("exporter", { exportEvents: () => {} })],
    settings: { SUBREQUEST_BUDGET: String(budget) },
  });
  await edge.capture(...Array.from({ length: 20 }, (_, n) => event(`e${n}`)));
  edge.faults.decide(() => "pass");
  let before = 0;
  // Calls of the deliveries due at one time, on their average.
  for (let round = 0; round < 100 && (await edge.qstash.nextDueAt()) !== null; round += 1) {
    const deliveries = edge.qstash.counters().deliveries;
    await edge.settle();
    perDelivery.push(
      (edge.faults.calls().length - before) / (edge.qstash.counters().deliveries - deliveries || 1),
    );
    before = edge.faults.calls().length;
    await edge.advance(1000);
  }
  const calls = edge.posthog.requests.filter(({ path }) => path.startsWith("/called/"));
  expect(calls).toHaveLength(60);
  // Those in flight when the budget was reached, the publication and the two records come on top.
  for (const made of perDelivery) expect(made).toBeLessThanOrEqual(budget + 3 * 6 + 3);
  const { destinations } = await edge.accounts();
  expect(destinations.filter(({ hook }) => hook === "onEvent").map(({ delivered }) => delivered)).toEqual([
    20, 20, 20,
  ]);
});

test("a deployment that changes the apps' order while events are on their way misroutes none", async () => {
  const seen: string[] = [];
  const app = (plugin: string, failures: number) => {
    let left = failures;
    const onEvent = (entered: { event: string }) => {
      seen.push(`${plugin} ${entered.event}`);
      if (left-- > 0) throw new RetryError("busy");
    };
    const exportEvents = (events: { event: string }[]) =>
      void seen.push(`${plugin} exported ${events.map((exported) => exported.event).join()}`);
    const work = (payload: string) => void seen.push(`${plugin} worked on ${payload}`);
    const processEvent = (entered: object, { jobs }: { jobs: AppJobs }) => {
      void jobs["work"]?.(plugin).runIn(1, "minute");
      return entered;
    };
    return defineApp(plugin, { processEvent, onEvent, exportEvents, jobs: { work } });
  };
  const apps = [app("first", 1), app("second", 0), app("third", 2)];
  edge = await startTestGateway({ apps });
  await edge.capture(event("e"));
  await edge.settle();
  edge.restart(apps.toReversed());
  await edge.advance(120_000);
  const once = ["first", "second", "third"].flatMap((plugin) => [
    `${plugin} e`,
    `${plugin} exported e`,
    `${plugin} worked on ${plugin}`,
  ]);
  expect(seen.toSorted()).toEqual([...once, "first e", "third e", "third e"].toSorted());
  expect(await edge.deadLetters()).toEqual([]);
});

describe("an app that a deployment took away", () => {
  const gone: AppDefinition[] = [];

  test("leaves what waited for its next attempt as a dead letter that says so", async () => {
    const apps = [
      defineApp("leaving", {
        onEvent() {
          throw new RetryError("busy");
        },
      }),
    ];
    edge = await startTestGateway({ apps });
    await edge.capture(event("e"));
    await edge.settle();
    edge.restart(gone);
    await edge.advance(60_000);
    expect(await edge.deadLetters()).toMatchObject([
      {
        plugin: "leaving",
        hook: "onEvent",
        error: "the app is disabled, or no longer deployed",
        events: [{ event: "e" }],
      },
    ]);
    expect((await edge.accounts()).destinations).toContainEqual(
      expect.objectContaining({ plugin: "leaving", routed: 1, retried: 1, dead: 1 }),
    );
  });

  test("leaves its jobs as dead letters, with their payload", async () => {
    const schedule = (seen: object, { jobs }: { jobs: AppJobs }) => {
      void jobs["work"]?.({ some: "thing" }).runIn(1, "minute");
      return seen;
    };
    edge = await startTestGateway({
      apps: [defineApp("leaving", { processEvent: schedule, jobs: { work: () => {} } })],
    });
    await edge.capture(event("e"));
    await edge.settle();
    edge.restart(gone);
    await edge.advance(120_000);
    expect(await edge.deadLetters()).toMatchObject([
      { plugin: "leaving", hook: "jobs.work", payload: { some: "thing" }, attempts: 1 },
    ]);
  });

  test("leaves a batch that it could not export as a dead letter, and its buffer as it is", async () => {
    const apps = [
      defineApp("leaving", {
        exportEvents() {
          throw new RetryError("busy");
        },
      }),
    ];
    edge = await startTestGateway({ apps });
    await edge.capture(event("a"));
    await edge.settle();
    await edge.advance(10_000);
    await edge.capture(event("b"));
    await edge.settle();
    edge.restart(gone);
    await edge.advance(600_000);
    expect(await edge.deadLetters()).toMatchObject([{ hook: "exportEvents", events: [{ event: "a" }] }]);
    expect(await edge.redisCommand("LLEN", "export:phc_test:leaving:buffer")).toBe(1);
  });
});

describe("a batch whose message QStash gave up on", () => {
  test("is exported by the sweep five minutes later, once", async () => {
    const batches: string[][] = [];
    edge = await startTestGateway({
      apps: [
        defineApp("exporter", {
          exportEvents(events: { event: string }[]) {
            batches.push(events.map(({ event: name }) => name));
            if (batches.length === 1) throw new RetryError("busy");
          },
        }),
      ],
    });
    await edge.capture(event("a"));
    await edge.settle();
    await edge.advance(10_000);
    expect(batches).toHaveLength(1);
    await edge.qstash.fetch(
      new Request("http://qstash/v2/messages", {
        method: "DELETE",
        headers: { Authorization: "Bearer qstash-token" },
      }),
    );
    await edge.advance(240_000);
    await edge.scheduled(edge.clock.now());
    await edge.settle();
    expect(batches).toHaveLength(1);
    await edge.advance(120_000);
    await edge.scheduled(edge.clock.now());
    await edge.scheduled(edge.clock.now());
    await edge.settle();
    expect(batches).toEqual([["a"], ["a"]]);
    expect((await edge.accounts()).destinations).toContainEqual(
      expect.objectContaining({ plugin: "exporter", routed: 1, delivered: 1 }),
    );
    expect(await edge.redisCommand("KEYS", "export:*")).toEqual([]);
  });
});

describe("a job", () => {
  test("whose message is delivered again runs once, and one that throws is one dead letter", async () => {
    let runs = 0;
    edge = await startTestGateway({
      apps: [
        defineApp("app", {
          processEvent(seen: object, { jobs }: { jobs: AppJobs }) {
            void jobs["work"]?.({}).runNow();
            return seen;
          },
          jobs: {
            work() {
              runs += 1;
              throw new Error("bug");
            },
          },
        }),
      ],
    });
    await edge.capture(event("e"));
    // The answer to QStash is lost: the last of the job's three calls is its record.
    edge.faults.decide(({ to }) => (to === "redis" && runs === 1 ? "lose answer" : "pass"));
    await edge.settle();
    edge.faults.decide(() => "pass");
    await edge.advance(3_600_000);
    expect(runs).toBe(1);
    expect(await edge.deadLetters()).toHaveLength(1);
    expect((await edge.accounts()).destinations).toContainEqual(
      expect.objectContaining({ hook: "jobs.work", routed: 1, dead: 1 }),
    );
  });
});
