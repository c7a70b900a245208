import { afterEach, describe, expect, test } from "vitest";
import type { AppHost } from "../src/apps/definition.ts";
import type { AppJobs } from "../src/apps/meta/jobs.ts";
import { defineApp } from "../src/apps/testing.ts";
import type { PluginEvent } from "../src/event.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

const SECOND = 1000;
const DAY = 24 * 3600 * SECOND;

let edge: TestGateway;
let runs: { arguments: unknown[]; afterMs: number }[];
afterEach(() => edge.stop());

/** An app whose `processEvent` schedules, and whose job `work` writes down what it got and when. */
async function start(
  schedule: (jobs: AppJobs) => unknown,
  more: Record<string, unknown> = {},
): Promise<void> {
  runs = [];
  edge = await startTestGateway({
    apps: [
      defineApp("app", {
        async processEvent(event: PluginEvent, { jobs }: { jobs: AppJobs }) {
          try {
            await schedule(jobs);
          } catch (error) {
            event.properties = { error: (error as Error).message };
          }
          return event;
        },
        jobs: {
          work: (...given: unknown[]) =>
            void runs.push({ arguments: given, afterMs: edge.clock.now() - startMs }),
          broken() {
            throw new Error("bug");
          },
          ...more,
        },
      }),
    ],
  });
  const startMs = edge.clock.now();
  await edge.capture({ event: "e", distinct_id: "u1" });
  await edge.settle();
}

const meta = expect.objectContaining({ cache: expect.anything() });

describe("a job", () => {
  test.each<[string, (jobs: AppJobs) => unknown, number]>([
    ["now", (jobs) => jobs["work"]?.({}).runNow(), 0],
    ["in a second", (jobs) => jobs["work"]?.({}).runIn(1, "second"), SECOND],
    [
      "in 1.5 seconds, on the next whole one",
      (jobs) => jobs["work"]?.({}).runIn(1500, "milliseconds"),
      2 * SECOND,
    ],
    ["in 3 minutes given as text", (jobs) => jobs["work"]?.({}).runIn("3", "minutes"), 180 * SECOND],
    ["in a week", (jobs) => jobs["work"]?.({}).runIn(1, "week"), 7 * DAY],
    ["in a month of 30 days", (jobs) => jobs["work"]?.({}).runIn(1, "month"), 30 * DAY],
    ["in a quarter of 91 days", (jobs) => jobs["work"]?.({}).runIn(1, "quarter"), 91 * DAY],
    ["in a year of 365 days", (jobs) => jobs["work"]?.({}).runIn(1, "years"), 365 * DAY],
    ["at once for a time gone by", (jobs) => jobs["work"]?.({}).runIn(-5, "days"), 0],
    ["at a date", (jobs) => jobs["work"]?.({}).runAt(new Date(edge.clock.now() + DAY)), DAY],
    [
      "at a date given as text",
      (jobs) => jobs["work"]?.({}).runAt(new Date(edge.clock.now() + DAY).toISOString()),
      DAY,
    ],
  ])("runs %s", async (_when, schedule, afterMs) => {
    await start(schedule);
    await edge.advance(400 * DAY);
    expect(runs.map((run) => run.afterMs)).toEqual([afterMs]);
  });

  test.each<[string, unknown[], unknown[]]>([
    ["its payload, then meta", [{ a: 1 }], [{ a: 1 }, meta]],
    ["a payload that is falsy", [0], [0, meta]],
    ["a payload of null", [null], [null, meta]],
    ["meta alone without a payload", [], [meta]],
    [
      "its payload as JSON",
      [{ date: new Date(0), none: undefined }],
      [{ date: "1970-01-01T00:00:00.000Z" }, meta],
    ],
  ])("gets %s", async (_what, payload, given) => {
    await start((jobs) => jobs["work"]?.(...payload).runNow());
    expect(runs.map((run) => run.arguments)).toEqual([given]);
  });

  test("that nobody awaits is published before the event is acknowledged, with it", async () => {
    await start((jobs) => void jobs["work"]?.({}).runNow());
    expect(runs).toHaveLength(1);
    expect(edge.qstash.counters().published).toBe(2);
  });

  test("of an unknown unit is refused", async () => {
    await start((jobs) => jobs["work"]?.({}).runIn(1, "fortnight"));
    expect(edge.delivered()[0]?.properties).toMatchObject({ error: "Unknown time unit: fortnights" });
    expect(edge.qstash.counters().published).toBe(1);
  });

  test("that throws is logged and kept as a dead letter, and not run again", async () => {
    await start((jobs) => jobs["broken"]?.({ a: 1 }).runNow());
    await edge.advance(DAY);
    expect(await edge.deadLetters()).toMatchObject([
      { plugin: "app", hook: "jobs.broken", error: "Error: bug", attempts: 1, payload: { a: 1 } },
    ]);
    expect(edge.log.filter(({ hook }) => hook === "jobs.broken")).toHaveLength(1);
  });

  test("that its app does not have is accepted, and fails when it is due", async () => {
    await start((jobs) => jobs["nope"]?.({}).runNow());
    expect(edge.delivered()[0]?.properties).not.toHaveProperty("error");
    expect(edge.log[0]?.message).toContain('Task "nope" not found for plugin "app" with config id 1');
  });

  test("may schedule itself, also by what the app exports under jobs", async () => {
    let count = 0;
    await start((jobs) => jobs["again"]?.({}).runNow(), {
      async again(_payload: unknown, { jobs }: { jobs: AppJobs }) {
        count += 1;
        if (count < 3) await jobs["again"]?.({}).runIn(1, "second");
      },
    });
    await edge.advance(DAY);
    expect(count).toBe(3);
  });

  test("is there for the app's own calls, as the reference's example makes them", async () => {
    const ran: unknown[] = [];
    const noExports = { defaultExport: undefined, moduleExports: {}, topLevel: {} };
    edge = await startTestGateway({
      apps: [
        defineApp(
          "app",
          {},
          {
            createApp: ({ jobs }: AppHost) => ({
              ...noExports,
              exports: {
                jobs: { work: (payload: unknown) => void ran.push(payload) },
                async onEvent() {
                  await (jobs as AppJobs)["work"]?.("tea").runIn(30, "seconds");
                },
              },
            }),
          },
        ),
      ],
    });
    await edge.capture({ event: "e", distinct_id: "u1" });
    await edge.settle();
    expect(ran).toEqual([]);
    await edge.advance(30 * SECOND);
    expect(ran).toEqual(["tea"]);
  });

  test("is started by a person when the manifest says so, and only then", async () => {
    const started: unknown[][] = [];
    const jobs = { refresh: (...given: unknown[]) => void started.push(given), secret: () => {} };
    edge = await startTestGateway({
      apps: [
        defineApp(
          "app",
          { jobs },
          { manifest: { config: [], publicJobs: { refresh: {} }, stateless: false } as never },
        ),
      ],
    });
    const run = (body: unknown) =>
      fetch(`${edge.url}/admin/api/apps/app/run`, {
        method: "POST",
        headers: { Authorization: `Bearer ${edge.adminToken}` },
        body: JSON.stringify(body),
      });
    expect((await run({ job: "refresh", payload: { day: 1 } })).status).toBe(202);
    expect((await run({ job: "refresh" })).status).toBe(202);
    const refused = await run({ job: "secret" });
    expect([refused.status, await refused.json()]).toEqual([
      404,
      { error: '"app" has no secret; this app has refresh' },
    ]);
    await edge.settle();
    // The two are delivered side by side.
    expect(started.toSorted((a, b) => b.length - a.length)).toEqual([[{ day: 1 }, meta], [meta]]);
  });
});
