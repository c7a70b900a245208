import { type Context, Hono } from "hono";
import type { Instances } from "../apps/instances.ts";
import { drainMessage } from "../delivery/breaker/drain.ts";
import { type Breaker, destinationName } from "../delivery/breaker/health.ts";
import { laneKey } from "../delivery/breaker/lane.ts";
import { closeBreaker, readBreakers } from "../delivery/breaker/store.ts";
import { eventHooks } from "../delivery/hooks/event-hooks.ts";
import type { Destination } from "../delivery/message.ts";
import type { QStashQueue, Queue } from "../delivery/queue.ts";
import type { Store } from "../store.ts";
import type { AdminBindings } from "./bindings.ts";
import type { Choose } from "./choose-app.ts";

/** Each project shown costs a request to Redis. */
const MAX_PROJECTS_SHOWN = 20;

export interface DestinationRoutesOptions {
  choose: Choose;
  instances: Instances;
  store: Store;
  queue: Queue;
  qstash: Pick<QStashQueue, "waiting">;
  /** Whether events go to PostHog at all. */
  hasPostHog: boolean;
  now: () => Date;
  uuid: () => string;
}

/** `destinations`: where events go and how that does; and going on at once with one that was down or parked. */
export function createDestinationRoutes(options: DestinationRoutesOptions): Hono<AdminBindings> {
  const { choose, instances, store, queue } = options;
  const routes = new Hono<AdminBindings>();

  routes.get("/", async (context) => {
    const projects = await choose.projects(context);
    if (projects.length > MAX_PROJECTS_SHOWN) {
      const error = `there are ${projects.length} projects: add ?project=<token> to see the destinations of one`;
      return context.json({ error }, 400);
    }
    const shown = await Promise.all(projects.map(describeProject));
    return context.json({ destinations: shown.flat() });
  });
  routes.post("/:hook/resume", (context) => resume(context, context.req.param("hook"), undefined));
  routes.post("/:hook/:plugin/resume", (context) =>
    resume(context, context.req.param("hook"), context.req.param("plugin")),
  );
  return routes;

  async function describeProject(project: string) {
    const breakers = await readBreakers(store, project);
    return Promise.all(
      destinationsOf(project).map((destination) =>
        describe(project, destination, breakers[destinationName(destination)]),
      ),
    );
  }

  /** What waits is asked for only where something does: a request to QStash each. */
  async function describe(project: string, destination: Destination, breaker: Breaker | undefined) {
    if (!breaker) return { project, ...destination, state: "closed", failures: 0 };
    const { state = "closed", failures, why, sinceMs, probeAtMs } = breaker;
    return {
      project,
      ...destination,
      state,
      failures,
      since: new Date(sinceMs).toISOString(),
      error: why,
      ...(probeAtMs ? { probeAt: new Date(probeAtMs).toISOString() } : {}),
      ...(state === "closed" ? {} : { waiting: await waiting(laneKey(project, destination)) }),
    };
  }

  /** Messages, not events; null when QStash does not say. */
  function waiting(key: string): Promise<number | null> {
    return options.qstash.waiting(key).catch(() => null);
  }

  async function resume(context: Context<AdminBindings>, hook: string, plugin: string | undefined) {
    const name = plugin === undefined ? hook : `${hook} ${plugin}`;
    const projects = await choose.projects(context);
    const found = projects.flatMap((project) =>
      destinationsOf(project)
        .filter((destination) => destinationName(destination) === name)
        .map((destination) => ({ project, destination })),
    );
    const [only, another] = found;
    if (!only) return context.json({ error: `there is no destination "${name}": see GET destinations` }, 404);
    if (another) {
      const error = `"${name}" is a destination of several projects: add ?project=<token>`;
      return context.json({ error }, 400);
    }
    const { project, destination } = only;
    await closeBreaker(store, project, name);
    await queue.publish([drainMessage(options.uuid(), project, destination, options.now().getTime())]);
    return context.json(await describe(project, destination, undefined));
  }

  function destinationsOf(project: string): Destination[] {
    const ofApps = instances
      .places(project)
      .filter(({ enabled }) => enabled)
      .flatMap(({ plugin }) => {
        const hooks = instances.hooks(project, plugin);
        return [...eventHooks, "exportEvents" as const]
          .filter((hook) => hooks?.[hook])
          .map((hook) => ({ plugin, hook }));
      });
    return [...(options.hasPostHog ? [{ hook: "posthog" as const }] : []), ...ofApps];
  }
}
