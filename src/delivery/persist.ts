/** Pauses before a call is made again: Redis' own hiccups are shorter, and its absence is for the queue to bridge. */
const PAUSES_MS = [50, 250];

/**
 * Makes a call of Redis that may be made twice, up to three times: its answer may have been lost, and what it did would be
 * taken for undone. Rejects with the last failure; each call has the store's own timeout.
 */
export async function persist<Result>(call: () => Promise<Result>): Promise<Result> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await call();
    } catch {
      // The last of the calls says what is wrong.
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
  return call();
}
