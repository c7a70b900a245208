import { vi } from "vitest";
import { type ScheduledTask, scheduledTasks } from "../apps/hooks.ts";
import type { Instance } from "../apps/instance.ts";
import type { LogEntry } from "../apps/log.ts";
import type { AppCache } from "../apps/meta/cache.ts";
import type { AppStorage } from "../apps/meta/storage.ts";
import { isUnhandled } from "../apps/unhandled.ts";
import type { DeadLetter } from "../delivery/dead-letters/letter.ts";
import { jobMessage } from "../delivery/publish.ts";
import type { PluginEvent } from "../event.ts";
import type { City } from "../geoip/city.ts";
import { parseDuration, settingUnits } from "../local/qstash/duration.ts";
import { createFakeClock } from "./clock.ts";
import { compileFolder } from "./compile-apps.ts";
import { type DeliveredEvent, startEmbeddedGateway } from "./embedded-gateway.ts";
import { extensionOf } from "./extension.ts";
import { type Answerer, createOutgoing, type RequestMatcher, type SentRequest } from "./outgoing.ts";
import { processOne, SOMEBODY, type TestEvent } from "./process-one.ts";
import { attributeUnhandled } from "./unhandled.ts";

const POSTHOG_HOST = "https://posthog.example";

export interface TestAppOptions {
  /** The app's folder: `import.meta.dirname` in a test that stands beside the app. */
  folder: string;
  /** As in `apps.json`, over the manifest's defaults; `{ env: "NAME" }` reads `settings`. */
  config?: Readonly<Record<string, unknown>>;
  /** Contents of files, by the key of their field. */
  attachments?: Readonly<Record<string, string | Uint8Array>>;
  /** What `geoip.locate` knows, by address. */
  geoip?: Readonly<Record<string, City>>;
  /** Settings of the gateway, by name. */
  settings?: Readonly<Record<string, string>>;
  /** Where the clock starts; anything that `Date` takes. */
  now?: string | number | Date;
}

/** One app at work in a gateway of its own. */
export interface TestApp {
  /**
   * Puts one event through the app's `processEvent` alone. Resolves to the event that goes on, or to null when the app
   * dropped it. Rejects with what the app threw; `capture` shows what the gateway makes of that.
   */
  processEvent(event: TestEvent): Promise<PluginEvent | null>;
  /**
   * Sends events as an SDK does, in one request, and delivers all that is due then. Resolves to what PostHog has got of
   * it. What the app throws is in `logs` and `deadLetters()`. Batches of `exportEvents` and retries wait for `advance`.
   */
  capture(events: TestEvent | readonly TestEvent[], from?: { ip?: string }): Promise<DeliveredEvent[]>;
  /** Runs `setupPlugin`, which otherwise runs before the first hook. Rejects when the app is not ready after it. */
  setUp(): Promise<void>;
  /** Runs a scheduled task now; moving the clock does not. Rejects with what it threw. */
  run(task: ScheduledTask): Promise<void>;
  /** Runs a job of the app now, with the payload if there is one. Rejects with what it threw. */
  job(name: string, ...payload: [payload?: unknown]): Promise<void>;
  /** Moves the clock, `Date` included: by milliseconds, or `"10s"`, `"1h30m"`, `"2d"`. What falls due on the way happens. */
  advance(duration: string | number): Promise<void>;
  /**
   * Answers requests of the app from now on; the newest rule that matches counts. Of several answers each is given once,
   * and the last for ever. Without a rule a request gets 200 and `{}`.
   */
  respond(matcher: RequestMatcher, ...answers: Answerer[]): void;
  /** What the app has sent with `fetch`, `node-fetch` and `posthog.api`. */
  readonly requests: SentRequest[];
  /** What PostHog has got, in order. */
  readonly delivered: DeliveredEvent[];
  /** The app's log: its `console`, what it threw, handled or not, and what the gateway says of it. */
  readonly logs: LogEntry[];
  /** The app's own, to look into or to prepare. */
  readonly cache: AppCache;
  readonly storage: AppStorage;
  /** What all of it has cost so far. */
  costs(): { messages: number; redisCommands: number; redisRequests: number };
  /** Makes Redis refuse everything, or not any more. QStash keeps what it has. */
  setRedisAway(away: boolean): void;
  /** What failed for good. */
  deadLetters(): Promise<DeadLetter[]>;
  /** Goes on in a fresh isolate: module state is gone, what Redis and QStash hold is not. */
  restart(): void;
  /** Runs `teardownPlugin` as a shutdown does. */
  tearDown(): Promise<void>;
  /** Ends it, and gives `Date` back. `await using app = …` does it by itself. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Runs an app as the gateway would, in a test of vitest: its folder compiled, in the real chain and delivery, over an
 * embedded Redis and QStash on sockets of this machine. The clock stands until the test moves it, for the app's `Date`
 * too; the app's requests are recorded and answered by the test. Costs about 0.1 s. Throws `CompileError`.
 */
export async function createTestApp(options: TestAppOptions): Promise<TestApp> {
  const compiled = await compileFolder(options.folder, options.config ? { config: options.config } : {});
  const definition = { ...compiled, attachments: encodeAttachments(options.attachments ?? {}) };
  const { plugin } = definition;
  const clock = createFakeClock(options.now);
  vi.useFakeTimers({ toFake: ["Date"], now: clock.now() });
  const outgoing = createOutgoing();
  const edge = await startEmbeddedGateway({
    apps: [definition],
    clock: {
      now: clock.now,
      set(timeMs) {
        clock.set(timeMs);
        vi.setSystemTime(timeMs);
      },
    },
    posthogHost: POSTHOG_HOST,
    ...(options.settings ? { settings: options.settings } : {}),
    fetch: outgoing.fetch,
    locate: (ip) => options.geoip?.[ip] ?? null,
  });
  const leaveUnhandled = attributeUnhandled();
  const ready = (): Promise<Instance> =>
    edge.work(async (scope, { instances }) => {
      const instance = await instances.find(edge.token, plugin, scope);
      if (instance) return instance;
      const failure = edge.log.findLast(({ level }) => level === "ERROR" || level === "WARN");
      throw new Error(failure?.message ?? `${plugin} is not ready: its setupPlugin did not finish`);
    });

  /** Does something that runs one hook, and rejects when the hook threw. */
  async function throwing<Result>(hook: string, run: () => Promise<Result>): Promise<Result> {
    await ready();
    const from = edge.log.length;
    const result = await run();
    await edge.settle();
    const thrown = edge.log
      .slice(from)
      .find((entry) => entry.source === "PLUGIN" && entry.hook === hook && !isUnhandled(entry.message));
    if (thrown) throw new Error(thrown.message);
    return result;
  }

  const isForPostHog = ({ url }: SentRequest) => url === `${POSTHOG_HOST}/batch/`;
  const delivered = () =>
    outgoing.requests
      .filter(isForPostHog)
      .flatMap(({ json }) => (json as { batch?: DeliveredEvent[] } | undefined)?.batch ?? []);
  const stop = async () => {
    await edge.stop().finally(() => {
      leaveUnhandled();
      vi.useRealTimers();
    });
  };

  return {
    processEvent: (event) => throwing("processEvent", () => processOne(edge, plugin, event)),
    async capture(events, { ip } = {}) {
      const before = delivered().length;
      const batch = [events].flat().map((event) => Object.assign({ distinct_id: SOMEBODY }, event));
      const answer = await edge.send(batch, ip);
      if (!answer.ok) throw new Error(`capture answered ${answer.status}: ${await answer.text()}`);
      await edge.settle();
      return delivered().slice(before);
    },
    async setUp() {
      await ready();
      await edge.settle();
    },
    run: (task) =>
      throwing(task, () =>
        edge.work(async (_scope, { tasks }) => {
          if ((await tasks.start(edge.token, plugin, task)) === "started") return;
          throw new Error(`${plugin} has no ${task}; scheduled tasks are ${scheduledTasks.join(", ")}`);
        }),
      ),
    job: (name, ...payload) =>
      throwing(`jobs.${name}`, () =>
        edge.work((_scope, { queue, uuid }) => {
          const dueAtMs = clock.now();
          const job = { id: uuid(), project: edge.token, plugin, job: name, dueAtMs, generation: 0 };
          const message = payload.length > 0 ? { ...job, payload: payload[0] } : job;
          return queue.publish([jobMessage(message, dueAtMs)]);
        }),
      ),
    async advance(duration) {
      const milliseconds = typeof duration === "number" ? duration : parseDuration(duration, settingUnits);
      if (milliseconds === null) throw new Error(`"${duration}" is no duration: say "10s", "1h30m" or "2d"`);
      await edge.advance(milliseconds);
    },
    respond: outgoing.respond,
    get requests() {
      return outgoing.requests.filter((request) => !isForPostHog(request));
    },
    get delivered() {
      return delivered();
    },
    logs: edge.log,
    cache: extensionOf(edge, ready, ({ cache }: { cache: AppCache }) => cache),
    storage: extensionOf(edge, ready, ({ storage }: { storage: AppStorage }) => storage),
    costs() {
      const { commands, requests } = edge.redis.counters();
      const messages = edge.qstash.counters().published;
      return { messages, redisCommands: commands, redisRequests: requests };
    },
    setRedisAway: edge.setRedisAway,
    deadLetters: edge.deadLetters,
    restart: edge.restart,
    async tearDown() {
      await edge.tearDown();
      await edge.settle();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function encodeAttachments(contents: Readonly<Record<string, string | Uint8Array>>) {
  return Object.fromEntries(
    Object.entries(contents).map(([key, value]) => [
      key,
      {
        content_type: "application/octet-stream",
        file_name: key,
        contents: Buffer.from(value).toString("base64"),
      },
    ]),
  );
}
