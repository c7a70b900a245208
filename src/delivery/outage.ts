/** For so long after a failure QStash is not asked, so that an outage does not make every request wait for it. */
const PROBE_AFTER_MS = 5000;

/** What this isolate knows of QStash: numbers only, since on Workers a promise belongs to the request that made it. */
export interface Outage {
  /** Whether to ask QStash. During an outage true for one caller in five seconds. */
  mayTry(): boolean;
  worked(): void;
  failed(reason: string): void;
  /** What was seen last, and when (ms); null when nothing was. */
  last(): { isUp: boolean; atMs: number } | null;
}

export function createOutage(options: {
  nowMs: () => number;
  /** Hears once that QStash is away, and once that it is back. */
  onFault: (message: string) => void;
  onBack: (message: string) => void;
}): Outage {
  const { nowMs } = options;
  let lastSeen: ReturnType<Outage["last"]> = null;
  let probeAtMs = 0;

  return {
    mayTry() {
      if (lastSeen?.isUp !== false) return true;
      if (nowMs() < probeAtMs) return false;
      // Those who come meanwhile do not wait for this probe to end.
      probeAtMs = nowMs() + PROBE_AFTER_MS;
      return true;
    },

    worked() {
      if (lastSeen?.isUp === false) options.onBack("QStash takes messages again");
      lastSeen = { isUp: true, atMs: nowMs() };
    },

    failed(reason) {
      if (lastSeen?.isUp !== false) options.onFault(`QStash is away, messages wait in Redis: ${reason}`);
      lastSeen = { isUp: false, atMs: nowMs() };
      probeAtMs = nowMs() + PROBE_AFTER_MS;
    },

    last: () => lastSeen,
  };
}
