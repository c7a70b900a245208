import { foldAccounts } from "../accounts/totals.ts";
import { expireLetters } from "../delivery/dead-letters/forget.ts";
import { renewOversize } from "../delivery/oversize.ts";
import type { QStashQueue } from "../delivery/queue.ts";
import { describeStoreError, type Store } from "../store.ts";

/** The minute of the hour at which it runs; apps' hourly tasks begin at minute 0. */
const AT_MINUTE = 17;

/**
 * Looks after what the gateway keeps in Redis, once an hour: keeps for longer what waits for long, adds up the counts of
 * past hours for each project, and counts its dead letters that have expired. One command, and about 6 a project. Never
 * rejects: what was not done is done an hour later.
 */
export type Housekeeping = (timeMs: number, projects: readonly string[]) => Promise<void>;

export function createHousekeeping(options: {
  store: Store;
  qstash: Pick<QStashQueue, "waiting">;
  onFault: (message: string) => void;
}): Housekeeping {
  const { store, onFault } = options;

  async function keepHouse(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      onFault(`hourly housekeeping of ${what} was not done: ${describeStoreError(error)}`);
    }
  }

  return async (timeMs, projects) => {
    if (new Date(timeMs).getUTCMinutes() !== AT_MINUTE) return;
    await keepHouse("large messages", () => renewOversize(store, options.qstash, timeMs));
    for (const project of projects) {
      await keepHouse(`project ${project}`, async () => {
        await foldAccounts(store, project, timeMs);
        const expired = await expireLetters(store, project, timeMs);
        if (expired > 0) onFault(`${expired} dead letters of project ${project} have expired`);
      });
    }
  };
}
