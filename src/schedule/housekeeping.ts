import { foldAccounts } from "../accounts/totals.ts";
import { expireLetters } from "../delivery/dead-letters/forget.ts";
import { describeStoreError, type Store } from "../store.ts";

/** Minute of the hour at which it is done: one that hourly tasks do not begin at. */
const AT_MINUTE = 17;

/**
 * What Redis does not do by itself with what the gateway keeps, once an hour and project: hours that are over are added up, and
 * dead letters that have expired are counted. About 6 commands. Never rejects: what was not done is done an hour later.
 */
export type Housekeeping = (timeMs: number, projects: readonly string[]) => Promise<void>;

export function createHousekeeping(options: {
  store: Store;
  onFault: (message: string) => void;
}): Housekeeping {
  const { store, onFault } = options;
  return async (timeMs, projects) => {
    if (new Date(timeMs).getUTCMinutes() !== AT_MINUTE) return;
    for (const project of projects) {
      try {
        await foldAccounts(store, project, timeMs);
        const expired = await expireLetters(store, project, timeMs);
        if (expired > 0) onFault(`${expired} dead letters of project ${project} have expired`);
      } catch (error) {
        onFault(`hourly housekeeping of project ${project} was not done: ${describeStoreError(error)}`);
      }
    }
  };
}
