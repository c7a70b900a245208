/**
 * How many of QStash's offers come as soon as the lease may be over; a run that crashed leaves a lease of half a
 * minute.
 */
const PROMPT_OFFERS = 2;

/**
 * How long a message then waits at least. A run that is at work may take a quarter of an hour, as tasks do, and must not use up the
 * offers of its message, of which some plans of QStash allow four: when it crashes after all, one has to be left.
 */
const PATIENT_WAIT_SECONDS = 900;

/** `Retry-After`, in seconds, for a message that another run has for so long; `retried` is QStash's `Upstash-Retried`. */
export function offerAgainAfter(leaseMs: number, retried: number): number {
  const least = retried < PROMPT_OFFERS ? 1 : PATIENT_WAIT_SECONDS;
  return Math.max(least, Math.ceil(leaseMs / 1000));
}
