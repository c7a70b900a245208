import { afterEach, describe, expect, test } from "vitest";
import type { Totals } from "../src/accounts/read.ts";
import { RetryError } from "../src/apps/errors.ts";
import { defineApp } from "../src/apps/testing.ts";
import type { Call, Fate } from "./faults.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";
import { type Recorder, startRecorder } from "./recorder.ts";

const noApp = { exports: {}, defaultExport: undefined, moduleExports: {}, topLevel: {} };

let edge: TestGateway;
let outside: Recorder;
afterEach(async () => {
  await edge.stop();
  await outside.stop();
});

/**
 * Apps of every kind, which tell the outside what they did: by a fetch, which a process that has ended cannot make any more.
 */
function apps() {
  let failed = false;
  const author = defineApp(
    "author",
    {},
    {
      createApp: ({ posthog, jobs, fetch: hostFetch }) => {
        const tell = (path: string) => (hostFetch as typeof fetch)(`${outside.url}/${path}`);
        return {
          ...noApp,
          exports: {
            async onEvent({ event }: { event: string }) {
              await tell(`onEvent/${event}`);
              if (event !== "a") return;
              (posthog as { capture(name: string): void }).capture("derived");
              (jobs as { later(payload: unknown): { runNow(): void } }).later({}).runNow();
            },
            jobs: { later: () => tell("job") },
          },
        };
      },
    },
  );
  const flaky = defineApp(
    "flaky",
    {},
    {
      createApp: ({ fetch: hostFetch }) => ({
        ...noApp,
        exports: {
          async onEvent({ event }: { event: string }) {
            await (hostFetch as typeof fetch)(`${outside.url}/flaky/${event}`);
            if (event !== "b") return;
            if (failed) throw new Error("bug");
            failed = true;
            throw new RetryError("away");
          },
        },
      }),
    },
  );
  const exporter = defineApp(
    "exporter",
    {},
    {
      createApp: ({ fetch: hostFetch }) => ({
        ...noApp,
        exports: {
          exportEvents: (events: { event: string }[]) =>
            (hostFetch as typeof fetch)(`${outside.url}/export/${events.map(({ event }) => event).join()}`),
        },
      }),
    },
  );
  const filter = defineApp("filter", {
    processEvent: (event: { event: string }) => (event.event === "noise" ? null : event),
  });
  return [filter, author, flaky, exporter];
}

const uuidOf = (n: number) => `0190f0a0-0000-7000-8000-00000000000${n}`;
const events = ["a", "b", "c", "noise"].map((event, n) => ({ event, distinct_id: "u1", uuid: uuidOf(n) }));

/** Lives one hour of a gateway that meets `fate` at its call number `nth`; resolves to whether it came that far. */
async function live(
  nth: number,
  fate: Fate,
  matches: (call: Call) => boolean = () => true,
): Promise<boolean> {
  outside = await startRecorder();
  edge = await startTestGateway({ apps: apps() });
  let met = false;
  let isCron = false;
  let matching = 0;
  edge.faults.decide((call) => {
    if (met || isCron || !matches(call) || matching++ !== nth) return "pass";
    met = true;
    return fate;
  });
  // An SDK keeps its events until they are accepted.
  for (let attempt = 0; (await edge.capture(...events)).status !== 200; attempt += 1) {
    expect(attempt).toBe(0);
    if (edge.faults.crashed) edge.restart();
    await edge.advance(5000);
  }
  for (let minute = 0; minute < 120; minute += 1) {
    await edge.settle().catch(() => {});
    if (edge.faults.crashed) edge.restart();
    await edge.advance(60_000);
    isCron = true;
    if (minute % 20 === 19) await edge.scheduled(edge.clock.now());
    isCron = false;
    if (edge.faults.crashed) edge.restart();
  }
  return met;
}

const told = () => outside.requests.map(({ path }) => path.slice(1));
const times = (all: readonly string[], one: string) => all.filter((each) => each === one).length;

/** Every event met exactly one outcome at every destination, whatever happened on the way. */
function expectBalance(totals: Totals): void {
  // Four of the client, one of an app.
  expect(totals).toMatchObject({ accepted: 5, duplicate: 0, dropped: { filter: 1 } });
  expect(totals.destinations.map(({ hook, plugin }) => `${hook} ${plugin ?? ""}`).toSorted()).toEqual([
    "exportEvents exporter",
    "jobs.later author",
    "onEvent author",
    "onEvent flaky",
    "posthog ",
  ]);
  for (const { hook, plugin, routed, delivered, ignored, dead } of totals.destinations) {
    const expected = hook.startsWith("jobs.") ? 1 : 4;
    expect({ hook, plugin, routed, ended: delivered + ignored + dead }).toEqual({
      hook,
      plugin,
      routed: expected,
      ended: expected,
    });
  }
}

/** Nothing is lost; what the fault interrupted may have been done twice, and nothing else. */
async function expectPromisesKept(mayRepeat: number): Promise<void> {
  const delivered = edge.delivered().map(({ event }) => event);
  const seen = [...delivered.map((event) => `posthog/${event}`), ...told()];
  for (const event of ["a", "b", "c", "derived"]) {
    for (const destination of ["posthog", "onEvent"]) {
      expect(times(seen, `${destination}/${event}`)).toBeGreaterThanOrEqual(1);
      expect(times(seen, `${destination}/${event}`)).toBeLessThanOrEqual(1 + mayRepeat);
    }
    expect(
      told().filter((path) => path.startsWith("export/") && path.includes(event)).length,
    ).toBeGreaterThan(0);
  }
  expect(
    new Set(
      edge
        .delivered()
        .filter(({ event }) => event === "derived")
        .map(({ uuid }) => uuid),
    ).size,
  ).toBe(1);
  expect(times(told(), "job")).toBeGreaterThanOrEqual(1);
  expect(times(told(), "job")).toBeLessThanOrEqual(1 + mayRepeat);
  expect(await edge.deadLetters()).toMatchObject([
    { plugin: "flaky", hook: "onEvent", events: [{ event: "b" }] },
  ]);
  expectBalance(await edge.accounts());
  for (const key of (await edge.redisCommand("KEYS", "*")) as string[]) {
    if (key.startsWith("qstash:")) continue;
    expect({ key, ttl: await edge.redisCommand("TTL", key) }).toEqual({ key, ttl: expect.any(Number) });
    expect(await edge.redisCommand("TTL", key)).toBeGreaterThan(0);
  }
}

describe("without any fault", () => {
  test("everything happens once, and is counted once", async () => {
    await live(-1, "pass");
    await expectPromisesKept(0);
    expect(told().toSorted()).toEqual(
      ["a", "b", "c", "derived"]
        .flatMap((event) => [`onEvent/${event}`, `flaky/${event}`])
        .concat("flaky/b", "job", ...told().filter((path) => path.startsWith("export/")))
        .toSorted(),
    );
  });
});

/** More calls than an hour of this gateway makes. */
const MAX_CALLS = 200;

/** Lives the hour again and again, with the fault one call later each time, until there is no such call. */
async function atEveryCall(
  fate: Fate,
  mayRepeat: number,
  matches?: (call: Call) => boolean,
): Promise<number> {
  for (let nth = 0; nth < MAX_CALLS; nth += 1) {
    const met = await live(nth, fate, matches);
    try {
      await expectPromisesKept(mayRepeat);
    } catch (error) {
      const call = edge.faults.calls().filter(matches ?? (() => true))[nth];
      throw new Error(`${fate} at call ${nth} (${call?.to} ${call?.path}): ${(error as Error).message}`, {
        cause: error,
      });
    }
    if (!met) return nth;
    await edge.stop();
    await outside.stop();
  }
  throw new Error("there is no end to the gateway's calls");
}

const toRedis = ({ to }: Call) => to === "redis";
const toQStash = ({ to }: Call) => to === "qstash";

describe("nothing is lost, every event is counted once at every destination, and every key has a life time", () => {
  test.each<Fate>(["crash before", "crash after"])(
    "when the process ends (%s), and at most the interrupted step is done again",
    async (fate) => {
      expect(await atEveryCall(fate, 1)).toBeGreaterThan(20);
    },
    240_000,
  );

  test.each<[Fate, string, (call: Call) => boolean]>([
    ["refuse", "Redis", toRedis],
    ["lose answer", "Redis", toRedis],
    ["refuse", "QStash", toQStash],
    ["lose answer", "QStash", toQStash],
  ])(
    "when a call fails (%s of %s), and no hook is run again",
    async (fate, _name, matches) => {
      expect(await atEveryCall(fate, 0, matches)).toBeGreaterThan(2);
    },
    240_000,
  );
});
