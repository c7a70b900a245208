import type { Ledger } from "./ledger.ts";
import type { EventPlan } from "./schedule.ts";
import type { VirtualTime } from "./time.ts";

const EDGE = "http://edge.test";
/** As long as an SDK waits for an answer, and as long as it then waits. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 5000;
/** More attempts than the longest trouble takes. */
const MAX_ATTEMPTS = 1000;

export interface Request {
  project: string;
  protocol: "v0" | "v1";
  events: readonly EventPlan[];
}

/** Sends events as SDKs do: again and again until they are accepted. Resolves then; rejects when that never happens. */
export async function sendUntilAccepted(
  request: Request,
  { time, ledger, fetch }: { time: VirtualTime; ledger: Ledger; fetch: typeof globalThis.fetch },
): Promise<void> {
  for (const plan of request.events) {
    if (!ledger.sent.has(plan.n)) {
      ledger.sent.set(plan.n, { plan, project: request.project, sent: 0, acknowledged: 0 });
    }
  }
  let left = request.events;
  for (let attempt = 0; attempt < MAX_ATTEMPTS && left.length > 0; attempt += 1) {
    if (attempt > 0) await new Promise<void>((resolve) => void time.after(PAUSE_MS, resolve));
    for (const { n } of left) note(n, "sent");
    const accepted = await acceptedOf({ ...request, events: left });
    for (const { n } of accepted) note(n, "acknowledged");
    left = left.filter((plan) => !accepted.includes(plan));
  }
  if (left.length > 0) throw new Error(`${left.map(({ n }) => n).join()} were never accepted`);

  function note(n: string, what: "sent" | "acknowledged"): void {
    const known = ledger.sent.get(n);
    if (known) known[what] += 1;
  }

  async function acceptedOf(part: Request): Promise<readonly EventPlan[]> {
    try {
      const response = await fetch(part.protocol === "v0" ? asV0(part) : asV1(part, time.now()), {
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (!response.ok) return [];
      if (part.protocol === "v0") return part.events;
      const { results } = (await response.json()) as { results: Record<string, { result: string }> };
      return part.events.filter(({ uuid = "" }) => results[uuid]?.result === "ok");
    } catch {
      return [];
    }
  }
}

const eventOf = ({ n, event, uuid, person }: EventPlan) => ({
  event,
  distinct_id: person,
  ...(uuid === undefined ? {} : { uuid }),
  properties: { n },
});

function asV0({ project, events }: Request): globalThis.Request {
  return new Request(`${EDGE}/batch/`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ api_key: project, batch: events.map(eventOf) }),
  });
}

function asV1({ project, events }: Request, nowMs: number): globalThis.Request {
  const at = new Date(nowMs).toISOString();
  return new Request(`${EDGE}/i/v1/analytics/events`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${project}`,
      "Content-Type": "application/json",
      "PostHog-Sdk-Info": "posthog-node/5.0.0",
      "PostHog-Attempt": "1",
      "PostHog-Request-Id": "0190f0a0-1111-7000-8000-000000000000",
      "PostHog-Request-Timestamp": at,
      "User-Agent": "posthog-node/5.0.0",
    },
    body: JSON.stringify({
      created_at: at,
      batch: events.map((plan) => ({ ...eventOf(plan), timestamp: at })),
    }),
  });
}
