/** Waits between flushes while a piece of work goes on, in turn; the last one is repeated. */
const FLUSH_AFTER_MS = [1000, 2000, 4000, 8000, 10_000] as const;

/** When the logs of one piece of work are sent. */
export interface LogFlushing {
  /** Something was logged: it will be sent soon, or when the work ends. */
  logged(): void;
  /** The work has ended: sends at once, and what is logged from now on likewise. */
  end(): void;
}

/**
 * Sends logs when the work ends, and now and then while it goes on, for whoever looks at a long run. All of it belongs to
 * the work that logged, because on Workers a timer ends with the request that set it.
 * @param flush sends what waits; undefined when nothing does
 * @param background keeps the platform alive meanwhile
 */
export function createLogFlushing(
  flush: () => Promise<void> | undefined,
  background: (promise: Promise<unknown>) => void,
): LogFlushing {
  let flushes = 0;
  let wake: (() => void) | null = null;
  let ended = false;

  function send(): void {
    const sent = flush();
    if (sent) background(sent);
  }

  return {
    logged() {
      if (wake) return;
      const delayMs = ended ? 0 : FLUSH_AFTER_MS[Math.min(flushes, FLUSH_AFTER_MS.length - 1)];
      flushes += 1;
      const due = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, delayMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      background(
        due.then(() => {
          wake = null;
          return flush();
        }),
      );
    },
    end() {
      ended = true;
      if (wake) wake();
      else send();
    },
  };
}
