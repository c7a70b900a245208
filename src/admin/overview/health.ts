import type { Settings } from "../../settings.ts";
import type { Store } from "../../store.ts";

/** A page waits for it. */
const PROBE_TIMEOUT_MS = 2000;

/** How something that the gateway needs does right now. */
export interface Health {
  name: "Redis" | "QStash" | "PostHog";
  /** `unset`: this gateway has none. */
  state: "up" | "down" | "unset";
  /** What it said, or what its absence means. */
  detail: string;
}

export interface HealthOptions {
  store: Store;
  settings: Pick<Settings, "qstash" | "posthogHost">;
  fetch: typeof fetch;
  now: () => Date;
}

/**
 * Asks Redis, QStash and PostHog for a sign of life, side by side: three requests that change nothing. Never rejects, and
 * takes two seconds at the most.
 */
export async function probeHealth(options: HealthOptions): Promise<Health[]> {
  const { store, settings, fetch, now } = options;
  const { qstash, posthogHost } = settings;
  const probe = async (
    name: Health["name"],
    meaning: string,
    ask: () => Promise<unknown>,
  ): Promise<Health> => {
    const startedMs = now().getTime();
    try {
      await ask();
      return { name, state: "up", detail: `answers in ${now().getTime() - startedMs} ms` };
    } catch (error) {
      return { name, state: "down", detail: `${reasonOf(error)}. ${meaning}` };
    }
  };
  const get = async (url: string, headers: Record<string, string>, isUp: (status: number) => boolean) => {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const response = await fetch(url, { headers, signal, redirect: "manual" });
    await response.body?.cancel();
    if (!isUp(response.status)) throw new Error(`it answers ${response.status}`);
  };
  return Promise.all([
    probe("Redis", "Apps keep no state, and what is buffered waits in QStash.", () => store.ping()),
    probe("QStash", "Events are refused with 503, and SDKs keep them.", () =>
      // With the token, since a wrong one is as bad as none.
      get(
        `${qstash.url}/v2/queues`,
        { Authorization: `Bearer ${qstash.token}` },
        (status) => status >= 200 && status < 300,
      ),
    ),
    posthogHost === null
      ? {
          name: "PostHog",
          state: "unset",
          detail: "POSTHOG_HOST is empty: events go to apps only.",
        }
      : probe("PostHog", "Its events are tried again for a day.", () =>
          // Whatever it says to a path it need not know, it is there.
          get(`${posthogHost}/_liveness`, {}, (status) => status < 500),
        ),
  ]);
}

/** What went wrong, without addresses and what may stand in them. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "It fails";
  if (error.name === "TimeoutError") return `No answer within ${PROBE_TIMEOUT_MS / 1000} s`;
  return error.message.startsWith("it answers ") ? `It ${error.message.slice(3)}` : "It cannot be reached";
}
