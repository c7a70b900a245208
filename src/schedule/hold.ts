import { keys } from "../keys.ts";
import type { Leases } from "./lease.ts";

/** A lease that is kept as long as its run goes on. */
export interface Hold {
  /** Whether the run may no longer act: somebody else may hold the lease by now. Stays true. */
  readonly lost: boolean;
  /** Ends the renewals and gives the lease back. */
  release(): Promise<void>;
}

/**
 * Renews a lease that has just been taken. It is lost when Redis says so, and also when no renewal has come through
 * within its life time: a process that was suspended wakes up in the middle of its work, before any timer fires.
 */
export function holdLease(options: {
  leases: Leases;
  key: string;
  owner: string;
  now: () => Date;
  /** Hears of renewals that failed while the lease still holds. */
  onFault: (message: string) => void;
}): Hold {
  const { leases, key, owner, now } = options;
  const nowMs = () => now().getTime();
  let heldUntilMs = nowMs() + keys.taskLeaseTtlMs;
  let lost = false;
  let released = false;

  const renewal = setInterval(() => void renew(), keys.taskLeaseTtlMs / 3);

  async function renew(): Promise<void> {
    const askedAtMs = nowMs();
    try {
      if (await leases.renew(key, owner)) heldUntilMs = askedAtMs + keys.taskLeaseTtlMs;
      else if (!released) lost = true;
    } catch (error) {
      options.onFault(`the lease could not be renewed: ${error instanceof Error ? error.message : error}`);
    }
  }

  return {
    get lost() {
      lost ||= !released && nowMs() >= heldUntilMs;
      return lost;
    },
    async release() {
      clearInterval(renewal);
      released = true;
      await leases.release(key, owner);
    },
  };
}
