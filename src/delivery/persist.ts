/** Pauses before a call is made again: Redis' own hiccups are shorter, and its absence is for the queue to bridge. */
const PAUSES_MS = [50, 250];

/**
 * Makes a call to Redis that is safe to repeat, up to three times: when an answer is lost, what the call did would
 * otherwise pass for undone. Rejects with the last failure; each call has the store's own timeout.
 */
export async function persist<Result>(call: () => Promise<Result>): Promise<Result> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await call();
    } catch {
      // The last call's failure is reported.
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
  return call();
}
