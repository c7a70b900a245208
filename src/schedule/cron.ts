const MINUTE_MS = 60_000;

/**
 * Fires the cron tick at every full minute from the next one on. Returns how to stop it. Each wait is computed anew, so
 * that a clock that is set does not shift the ticks. `tick` never rejects.
 */
export function startCron(tick: (timeMs: number) => Promise<void>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = () => {
    timer = setTimeout(fire, MINUTE_MS - (Date.now() % MINUTE_MS));
  };
  const fire = () => {
    void tick(Date.now());
    wait();
  };
  wait();
  return () => clearTimeout(timer);
}
