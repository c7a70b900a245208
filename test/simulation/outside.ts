import { type Ledger, sourceOf } from "./ledger.ts";
import type { Outcome } from "./schedule.ts";
import type { VirtualTime } from "./time.ts";

const SLOW_MS = 12_000;
/** A slow job, or a step of a slow task: three of them outlast leases, ticks, and the prompt offers of a message. */
const SLOW_STEP_MS = 90_000;
/** Longer than any hook may take. */
const HANGING_MS = 200_000;

/** PostHog, and the warehouse that apps tell all that they do. */
export interface Outside {
  posthog(request: Request): Promise<Response>;
  warehouse(request: Request): Promise<Response>;
  /** Makes one of them answer so until it is called again with null. */
  answerWith(of: "posthog" | "warehouse", status: number | null): void;
  /** From now on both answer, and no task or job takes long. */
  heal(): void;
}

interface PostHogEvent {
  uuid: string;
  properties: { n: string };
}

export function createOutside(time: VirtualTime, ledger: Ledger): Outside {
  const statuses = { posthog: null as number | null, warehouse: null as number | null };
  let runs = 0;
  let jobs = 0;
  let mayBeSlow = true;

  const sleep = (ms: number) => new Promise<void>((resolve) => void time.after(ms, resolve));
  const fail = (status: number) =>
    Response.json(
      { error: "as the schedule says" },
      { status, headers: status === 429 ? { "Retry-After": "7" } : {} },
    );

  function outcomeOf(destination: string, n: string): Outcome {
    if (destination !== "onEvent flaky") return "ok";
    const outcomes = ledger.sent.get(sourceOf(n))?.plan.outcomes ?? ["ok"];
    return outcomes[Math.min(ledger.timesSeen(destination, n), outcomes.length - 1)] ?? "ok";
  }

  /** Every other run of a task is slow, so that the next tick finds it at work. */
  async function answerTask({ run }: { run?: number }, status: number | null): Promise<Response> {
    if (status !== null) return fail(status);
    if (run === undefined) return Response.json({ run: (runs += 1) });
    if (mayBeSlow && run % 2 === 1) await sleep(SLOW_STEP_MS);
    return Response.json({});
  }

  return {
    answerWith(of, status) {
      statuses[of] = status;
    },

    heal() {
      Object.assign(statuses, { posthog: null, warehouse: null });
      mayBeSlow = false;
    },

    async posthog(request) {
      const { batch } = (await request.json()) as { batch: PostHogEvent[] };
      const status = statuses.posthog === 413 && batch.length === 1 ? null : statuses.posthog;
      for (const { uuid, properties } of batch) {
        ledger.note("posthog", { n: properties.n, uuid, atMs: time.now(), took: status === null });
      }
      return status === null ? Response.json({ status: "Ok" }) : fail(status);
    },

    async warehouse(request) {
      const [kind = "", plugin = ""] = new URL(request.url).pathname.slice(1).split("/");
      const body = (await request.json()) as { n: string; uuid?: string } | { n: string; uuid: string }[];
      const status = statuses.warehouse;
      if (kind === "task") return answerTask(body as { run?: number }, status);
      if (kind === "setup") return status === null ? Response.json({}) : fail(status);
      const destination = { export: "exportEvents", job: "jobs.later" }[kind] ?? kind;
      const seen = Array.isArray(body) ? body : [body];
      const outcome = outcomeOf(`${destination} ${plugin}`, seen[0]?.n ?? "");
      const took = status === null && (outcome === "ok" || outcome === "slow");
      for (const { n, uuid = n } of seen) {
        ledger.note(`${destination} ${plugin}`, { n, uuid, atMs: time.now(), took });
      }
      if (status !== null) return fail(status);
      if (outcome === "slow") await sleep(SLOW_MS);
      if (outcome === "hang") await sleep(HANGING_MS);
      if (kind === "job" && mayBeSlow && (jobs += 1) % 3 === 1) await sleep(SLOW_STEP_MS);
      return Response.json({ do: outcome });
    },
  };
}
