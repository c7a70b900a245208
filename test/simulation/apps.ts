import type { AppDefinition, AppExports, AppHost } from "../../src/apps/definition.ts";
import { RetryError } from "../../src/apps/errors.ts";
import { defineApp } from "../../src/apps/testing.ts";
import type { Deployment } from "./schedule.ts";

/** What apps are configured with, and no log may show. */
export const APP_SECRET = "k3y-of-the-warehouse";

const WAREHOUSE = "http://warehouse.test";

interface Tell {
  (path: string, body: unknown): Promise<{ do?: string }>;
}

interface Meta {
  config: { apiKey: string };
  cache: { incr(key: string): Promise<number> };
}

interface SeenEvent {
  event: string;
  uuid: string;
  properties: { n: string };
}

/**
 * Apps of every kind. All that they do they tell the warehouse, by the `fetch` that a process that has ended has no more, and
 * the warehouse tells them how to end.
 */
export function appsOf(deployment: Deployment): AppDefinition[] {
  const version = deployment === "next version" ? "v2" : "v1";
  const all = [
    filter(version),
    counter(version),
    author(version),
    flaky(version),
    exporter(version),
    ticker(version),
    gatherer(version),
  ];
  const chosen = {
    all,
    reversed: all.toReversed(),
    "next version": all,
    "without flaky": all.filter(({ plugin }) => plugin !== "flaky"),
    "exporter off": [
      ...all.filter(({ plugin }) => plugin !== "exporter"),
      { ...exporter(version), enabled: false },
    ],
    "one more": [...all, listener(version)],
  }[deployment];
  return chosen.map((definition, index) => Object.assign(definition, { id: index + 1 }));
}

function app(
  plugin: string,
  version: string,
  make: (tell: Tell, host: AppHost) => AppExports["exports"],
): AppDefinition {
  const manifest = { config: [{ key: "apiKey", secret: true }], publicJobs: {}, stateless: false };
  return defineApp(
    plugin,
    {},
    {
      version,
      config: { apiKey: APP_SECRET },
      manifest: manifest as unknown as AppDefinition["manifest"],
      createApp: (host) => ({
        exports: make(tellBy(host), host),
        defaultExport: undefined,
        moduleExports: {},
        topLevel: {},
      }),
    },
  );
}

/** An app that cannot reach its warehouse asks to be run again, as apps do; its error names more than it should. */
function tellBy(host: AppHost): Tell {
  const hostFetch = host.fetch as typeof fetch;
  return async (path, body) => {
    let answer: Response;
    try {
      answer = await hostFetch(`${WAREHOUSE}/${path}`, { method: "POST", body: JSON.stringify(body) });
    } catch (error) {
      throw new RetryError(`no way to ${WAREHOUSE} with ${APP_SECRET}: ${String(error)}`);
    }
    if (answer.status === 400) throw new Error(`refused: ${APP_SECRET}`);
    if (!answer.ok) throw new RetryError(`away: ${answer.status} ${APP_SECRET}`);
    return (await answer.json()) as { do?: string };
  };
}

const named = (event: SeenEvent) => ({ n: event.properties.n, uuid: event.uuid });

const filter = (version: string) =>
  app("filter", version, () => ({
    processEvent: (event: SeenEvent) => (event.event === "noise" ? null : event),
  }));

const counter = (version: string) =>
  app("counter", version, () => ({
    async processEvent(event: SeenEvent, { cache }: Meta) {
      await cache.incr("events");
      return event;
    },
  }));

/** Captures an event and schedules a job, once it has told of the event that made it do so. */
const author = (version: string) =>
  app("author", version, (tell, { posthog, jobs }) => ({
    async onEvent(event: SeenEvent) {
      await tell("onEvent/author", named(event));
      if (event.event !== "seed") return;
      const n = `${event.properties.n}+`;
      (posthog as { capture(name: string, properties: object): void }).capture("derived", { n });
      (jobs as { later(payload: unknown): { runIn(n: number, unit: string): void } })
        .later({ n })
        .runIn(20, "seconds");
    },
    jobs: { later: (payload: { n: string }) => tell("job/author", { n: payload.n }) },
  }));

/** Ends as the schedule says, execution by execution. */
const flaky = (version: string) =>
  app("flaky", version, (tell) => ({
    async onEvent(event: SeenEvent) {
      const { do: outcome } = await tell("onEvent/flaky", named(event));
      if (outcome === "retry") throw new RetryError("not yet");
      if (outcome === "error") throw new Error(`a bug, with ${APP_SECRET} in it`);
    },
  }));

const listener = (version: string) =>
  app("listener", version, (tell) => ({
    onEvent: (event: SeenEvent) => tell("onEvent/listener", named(event)),
  }));

const exporter = (version: string) =>
  app("exporter", version, (tell) => ({
    exportEvents: (events: SeenEvent[]) => tell("export/exporter", events.map(named)),
  }));

/** Its set-up needs the warehouse too; its task does something in several steps. */
const ticker = (version: string) => ({
  ...app("ticker", version, (tell) => {
    let runs = 0;
    return {
      setupPlugin: () => tell("setup/ticker", {}),
      async runEveryMinute() {
        const { run } = (await tell("task/begin", {})) as { run?: number };
        runs += 1;
        for (const step of [1, 2, 3]) await tell("task/act", { run, step, runs });
      },
    };
  }),
  projects: ["phc_one"],
});

/** Has a buffer of its own. */
const gatherer = (version: string) =>
  app("gatherer", version, (tell, { libraries }) => {
    const { createBuffer } = libraries["@posthog/plugin-contrib"] as {
      createBuffer(options: object): { add(object: unknown, points?: number): void };
    };
    const buffer = createBuffer({
      limit: 5,
      timeoutSeconds: 8,
      onFlush: (objects: unknown[]) => tell("export/gatherer", objects),
    });
    return {
      onEvent: (event: SeenEvent) => buffer.add(named(event), 1),
    };
  });
