/** The end of the time that something may take. Its timer runs until `clear`. */
export interface TimeLimit {
  /** Resolves and rejects as `work` does; rejects when the time ends first, and what `work` comes to is nobody's then. */
  during<Result>(work: Promise<Result>): Promise<Result>;
  clear(): void;
}

/** Starts a time limit; `late` makes what is thrown when it ends. */
export function startTimeLimit(timeoutMs: number, late: () => Error): TimeLimit {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), timeoutMs);
  // It may end between two pieces of work; the next one is told.
  ended.catch(() => {});
  return {
    during: (work) => Promise.race([work, ended]),
    clear: () => clearTimeout(timer),
  };
}

/** One piece of work within a time limit. */
export async function within<Result>(
  timeoutMs: number,
  work: Promise<Result>,
  late: () => Error,
): Promise<Result> {
  const limit = startTimeLimit(timeoutMs, late);
  try {
    return await limit.during(work);
  } finally {
    limit.clear();
  }
}
