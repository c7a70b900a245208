import { nextDueAt, startDue } from "./dispatch.ts";
import type { Engine } from "./engine.ts";

/** Upper bound of a wait: timers of days overflow, and a clock may be set. */
const MAX_WAIT_MS = 60_000;
const RETRY_AFTER_FAILURE_MS = 1000;
/** How long a stop waits for attempts under way before it ends them. */
const STOP_GRACE_MS = 2000;

export interface Loop {
  start(): void;
  /** Starts nothing more, gives attempts under way a moment, and ends them. Their messages stay in flight in Redis. */
  stop(): Promise<void>;
}

/**
 * Makes the loop that delivers what is due when it is due. It sleeps until the next known time or until `engine.wake`;
 * while Redis fails it looks again every second.
 */
export function createLoop(engine: Engine): Loop {
  let running: Promise<void> | undefined;
  let stopping = false;
  let woken = false;
  let endSleep: (() => void) | undefined;

  engine.wake = () => {
    woken = true;
    endSleep?.();
  };

  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      endSleep = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  /** Milliseconds until there may be something to start. */
  const look = async (): Promise<number> => {
    try {
      await startDue(engine);
      // With every place taken, the end of an attempt wakes the loop, and nothing else could start anything.
      if (engine.attempts.size >= engine.maxParallelAttempts) return MAX_WAIT_MS;
      const at = await nextDueAt(engine);
      return at === null ? MAX_WAIT_MS : Math.min(MAX_WAIT_MS, Math.max(0, at - engine.clock.now()));
    } catch (error) {
      engine.log(`qstash: Redis failed, trying again in ${RETRY_AFTER_FAILURE_MS} ms: ${error}`);
      return RETRY_AFTER_FAILURE_MS;
    }
  };

  const run = async () => {
    for (;;) {
      if (stopping) return;
      woken = false;
      const waitMs = await look();
      if (!woken && !stopping && waitMs > 0) await sleep(waitMs);
    }
  };

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping = true;
      endSleep?.();
      await running;
      const attempts = [...engine.attempts.values()].map((attempt) => attempt.finished);
      const grace = setTimeout(() => engine.stopping.abort(), STOP_GRACE_MS);
      await Promise.all(attempts);
      clearTimeout(grace);
      engine.stopping.abort();
    },
  };
}

/** More attempts at one point in time than any test makes: a destination that publishes to itself without delay. */
const MAX_ATTEMPTS_AT_ONCE = 1500;

/**
 * Delivers everything that is due by the clock, what these deliveries make due at the same time included, and resolves
 * with the number of attempts when all of them have finished. Needs no timer. Rejects when Redis fails or when it never
 * comes to an end.
 */
export async function deliverDue(engine: Engine): Promise<number> {
  let total = 0;
  while (total < MAX_ATTEMPTS_AT_ONCE) {
    const started = await startDue(engine);
    total += started;
    const underWay = [...engine.attempts.values()].map((attempt) => attempt.finished);
    if (underWay.length > 0) await Promise.race(underWay);
    else if (started === 0) return total;
  }
  throw new Error(`qstash: more than ${MAX_ATTEMPTS_AT_ONCE} attempts at one time: a message causes itself.`);
}
