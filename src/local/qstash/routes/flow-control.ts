import { Hono } from "hono";
import { ApiError } from "../api-error.ts";
import type { Engine } from "../engine.ts";
import type { Flow } from "../flow-control.ts";
import { flowPeriodSeconds, positive } from "../flow-limits.ts";
import { countCommands, pinCommands, readFlow, unpinFlow } from "../flow-store.ts";
import { keys } from "../keys.ts";
import { resourceName } from "../name.ts";
import { texts, transact } from "../redis.ts";

/** `/v2/flowControl` and `/v2/globalParallelism`: limits by key, and what they hold back. */
export function flowControlRoutes(engine: Engine): Hono {
  const app = new Hono();
  const { backend, clock } = engine;

  const view = (key: string, flow: Flow) => ({
    flowControlKey: key,
    waitListSize: engine.waiting.get(key)?.size ?? 0,
    parallelismMax: flow.parallelism ?? 0,
    parallelismCount: [...engine.attempts.values()].filter((attempt) => attempt.flowKey === key).length,
    rateMax: flow.rate ?? 0,
    rateCount: clock.now() < flow.periodStart + flow.periodMs ? flow.count : 0,
    ratePeriod: flow.periodMs / 1000,
    ratePeriodStart: Math.floor(flow.periodStart / 1000),
    isPaused: flow.paused,
    isPinnedParallelism: flow.pinnedParallelism,
    isPinnedRate: flow.pinnedRate,
  });

  app.get("/globalParallelism", (context) =>
    context.json({ parallelismMax: engine.maxParallelAttempts, parallelismCount: engine.attempts.size }),
  );

  app.get("/flowControl", async (context) => {
    const views: ReturnType<typeof view>[] = [];
    for (const key of texts(await backend.command(["ZRANGE", keys.flows, "0", "-1"]))) {
      const flow = await readFlow(backend, key);
      if (flow !== null) views.push(view(key, flow));
    }
    return context.json(views);
  });

  app.get("/flowControl/:key", async (context) => {
    const key = resourceName("flow-control key", context.req.param("key"));
    const flow = await readFlow(backend, key);
    if (flow === null)
      throw new ApiError(404, `flow-control key "${key}" not found: no message has used it.`);
    return context.json(view(key, flow));
  });

  app.post("/flowControl/:key/:action", async (context) => {
    const key = resourceName("flow-control key", context.req.param("key"));
    const change = changes[context.req.param("action")];
    if (change === undefined) {
      throw new ApiError(404, `no such action: use ${Object.keys(changes).join(", ")}.`);
    }
    await engine.moving(() => change(engine, key, (name) => context.req.query(name)));
    engine.wake();
    return context.body(null);
  });

  return app;
}

type Change = (engine: Engine, key: string, query: (name: string) => string | undefined) => Promise<unknown>;

const changes: Readonly<Record<string, Change>> = {
  pause: ({ backend }, key) => backend.command(["HSET", keys.flowOverrides(key), "paused", "1"]),
  resume: ({ backend }, key) => backend.command(["HDEL", keys.flowOverrides(key), "paused"]),
  pin: async ({ backend, clock }, key, query) => {
    const [parallelism, rate] = [
      positive("parallelism", query("parallelism")),
      positive("rate", query("rate")),
    ];
    if (parallelism === undefined && rate === undefined) {
      throw new ApiError(400, "a pin needs parallelism, rate, or both.");
    }
    const periodSeconds = flowPeriodSeconds(query("period"));
    await transact(backend, pinCommands(key, { parallelism, rate, periodSeconds }, clock.now()));
  },
  unpin: ({ backend }, key, query) =>
    unpinFlow(backend, key, {
      parallelism: query("parallelism") === "true",
      rate: query("rate") === "true",
    }),
  resetRate: ({ backend, clock }, key) =>
    transact(backend, countCommands(key, { count: 0, periodStart: clock.now() })),
};
