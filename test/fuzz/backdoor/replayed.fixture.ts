import type { BufferControls } from "../../../src/apps/buffer.ts";
import type { AppHost } from "../../../src/apps/definition.ts";
import { RetryError } from "../../../src/apps/errors.ts";
import type { AppJobs } from "../../../src/apps/meta/jobs.ts";
import type { AppPostHog } from "../../../src/apps/posthog.ts";
import { defineApp } from "../../../src/apps/testing.ts";
import { createFakeClock } from "../../../src/testing/clock.ts";
import {
  type DeliveredEvent,
  type EmbeddedGateway,
  startEmbeddedGateway,
} from "../../../src/testing/embedded-gateway.ts";
import type { Serve } from "../../../src/testing/listen.ts";
import { startRecorder } from "../../recorder.ts";

/** A gateway that QStash calls on all of its routes, and what that came to. */
export interface BusyGateway extends EmbeddedGateway {
  /** What came to the internal routes, as it came, oldest first. */
  received: Request[];
  /** Sends an event and waits until every route has had its part of what follows. */
  live(): Promise<void>;
  /** All that was done, in no order: what hooks were called with, what PostHog got, what is counted, kept and published. */
  evidence(): Promise<Record<string, unknown>>;
}

const MINUTE_MS = 60_000;

/** `deliver` stands between QStash and the gateway. */
export async function startBusy(
  deliver: (request: Request, serve: Serve) => Response | Promise<Response> = (request, serve) =>
    serve(request),
): Promise<BusyGateway> {
  const calls: string[] = [];
  const received: Request[] = [];
  const posthog = await startRecorder();
  const edge = await startEmbeddedGateway({
    apps: [busyApp(calls)],
    clock: createFakeClock(),
    posthogHost: posthog.url,
    settings: { EXACT_DROPS: "1" },
    around: (serves, serve) => async (request) => {
      if (serves !== "gateway" || !new URL(request.url).pathname.startsWith("/_gateway/")) {
        return serve(request);
      }
      const { method, headers } = request;
      const whole = new Request(request.url, { method, headers, body: await request.arrayBuffer() });
      received.push(whole.clone());
      return deliver(whole, serve);
    },
  });
  const { token: project } = edge;

  const publish = (route: string, message: object) =>
    edge.qstash.fetch(
      new Request(`http://qstash.example/v2/publish/${edge.url}/_gateway/${route}`, {
        method: "POST",
        headers: { Authorization: `Bearer ${edge.qstashToken}` },
        body: JSON.stringify({ v: 2, project, ...message }),
      }),
    );

  return {
    ...edge,
    received,
    async live() {
      const event = (name: string) => ({ event: name, distinct_id: "u1" });
      await edge.send([event("warm up")]);
      // Set-up fails at first.
      await edge.advance(10_000);
      await edge.send([event("seed")]);
      await edge.send([event("noise")]);
      await edge.advance(30_000);
      await edge.scheduled(edge.clock.now() - (edge.clock.now() % MINUTE_MS) + MINUTE_MS);
      await edge.advance(MINUTE_MS);
      const wanted = { filter: { plugin: "busy" } };
      await publish("replay", { id: "r1", replay: "r", projects: [project], wanted, part: 0 });
      await edge.advance(10_000);
    },
    async evidence() {
      const batches = posthog.requests.map(({ json }) => (json as { batch: DeliveredEvent[] }).batch);
      const account = (await edge.redisCommand("KEYS", `account:${project}:*`)) as string[];
      const counted = await Promise.all(account.map((key) => edge.redisCommand("HGETALL", key)));
      return {
        calls: calls.toSorted(),
        posthog: batches
          .flat()
          .map(({ event }) => event)
          .toSorted(),
        letters: (await edge.deadLetters()).map(({ hook, error, attempts }) => [hook, error, attempts]),
        // How long hooks took is no two runs' same.
        counted: pairsOf(counted.flat() as string[]).filter((pair) => !pair.startsWith("waited")),
        published: edge.qstash.counters().published,
      };
    },
    async stop() {
      await edge.stop();
      await posthog.stop();
    },
  };
}

function pairsOf(flat: readonly string[]): string[] {
  return flat
    .flatMap((field, index) => (index % 2 === 0 ? [`${field} = ${flat[index + 1]}`] : []))
    .toSorted();
}

/** Has each kind of hook called, and fails where that leads to another route. */
function busyApp(calls: string[]) {
  let failures = 1;
  const createApp = ({ libraries, posthog, jobs }: AppHost) => {
    const { createBuffer } = libraries["@posthog/plugin-contrib"] as {
      createBuffer: (options: object) => BufferControls;
    };
    let buffer: BufferControls | undefined;
    const exports = {
      setupPlugin() {
        buffer = createBuffer({
          limit: 1,
          onFlush: (objects: unknown[]) => void calls.push(`onFlush ${objects.length}`),
        });
        if (failures-- > 0) throw new RetryError("not yet");
      },
      processEvent(event: { event: string }) {
        calls.push(`processEvent ${event.event}`);
        if (event.event === "noise") return null;
        if (event.event === "seed") {
          (posthog as AppPostHog).capture("derived");
          void (jobs as AppJobs)["work"]?.({}).runNow();
          buffer?.add({ a: 1 }, 2);
        }
        return event;
      },
      onEvent({ event }: { event: string }) {
        calls.push(`onEvent ${event}`);
        if (event === "derived") throw new Error("bug");
        if (event === "seed" && calls.filter((call) => call === "onEvent seed").length === 1) {
          throw new RetryError("later");
        }
      },
      exportEvents: (events: unknown[]) => void calls.push(`exportEvents ${events.length}`),
      runEveryMinute: () => void calls.push("runEveryMinute"),
      jobs: { work: () => void calls.push("work") },
    };
    return { exports, defaultExport: undefined, moduleExports: {}, topLevel: {} };
  };
  return defineApp("busy", {}, { createApp, config: { exportEventsBufferSeconds: "1" } });
}
