import type { ProcessedEvent } from "../../pipeline/index.ts";

const POSTHOG_TIMEOUT_MS = 20_000;

/** How PostHog took a batch. */
export type Forwarded =
  | { outcome: "delivered" }
  /** Trying again may help: PostHog is down, slow or limits the rate. */
  | { outcome: "unavailable"; error: string; retryAfterSeconds: number | null }
  /** Trying again will not help: PostHog refuses these events as they are. */
  | { outcome: "refused"; error: string };

/** Sends events to PostHog's `/batch/`. One subrequest. Never rejects. */
export type Forward = (
  project: string,
  events: readonly ProcessedEvent[],
  historical: boolean,
) => Promise<Forwarded>;

export function createForward(options: { host: string; fetch: typeof fetch }): Forward {
  return async (project, events, historical) => {
    try {
      const response = await options.fetch(`${options.host}/batch/`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({
          api_key: project,
          ...(historical ? { historical_migration: true } : {}),
          batch: events.map(toPostHog),
        }),
        redirect: "manual",
        signal: AbortSignal.timeout(POSTHOG_TIMEOUT_MS),
      });
      if (response.ok) {
        await response.body?.cancel();
        return { outcome: "delivered" };
      }
      const error = `PostHog answered ${response.status}: ${(await response.text()).slice(0, 500)}`;
      return isFinal(response.status)
        ? { outcome: "refused", error }
        : { outcome: "unavailable", error, retryAfterSeconds: retryAfter(response) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return {
        outcome: "unavailable",
        error: `PostHog could not be reached: ${reason}`,
        retryAfterSeconds: null,
      };
    }
  };
}

/** Wrong credentials are mended by a person, after which the events are as good as before: they wait. */
function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status);
}

function retryAfter(response: Response): number | null {
  const seconds = Number(response.headers.get("Retry-After"));
  return seconds > 0 ? seconds : null;
}

/**
 * PostHog's form of an event: time is final, so neither `sent_at` nor `offset` go along, and the client's address goes as
 * `$ip`, since PostHog would otherwise see ours.
 */
function toPostHog({ ip, ...event }: ProcessedEvent): Omit<ProcessedEvent, "ip"> {
  if (ip === null || "$ip" in event.properties) return event;
  return { ...event, properties: { ...event.properties, $ip: ip } };
}
