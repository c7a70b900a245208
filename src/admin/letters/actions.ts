import type { Scope } from "../../apps/scope.ts";
import { findLetters, type Position, summariesOf } from "../../delivery/dead-letters/find.ts";
import { deleteLetters, MAX_FORGOTTEN } from "../../delivery/dead-letters/forget.ts";
import type { Summary } from "../../delivery/dead-letters/letter.ts";
import { writePart } from "../../delivery/dead-letters/replay-record.ts";
import type { Replays, SentOn, Wanted } from "../../delivery/dead-letters/replay.ts";
import type { Queue } from "../../delivery/queue.ts";
import type { Store } from "../../store.ts";
import type { Audit, AuditEntry } from "../audit.ts";

/** Letters that one request deletes, which takes about 20 requests to Redis. */
const MAX_DELETED = 5000;

/** What people do with dead letters, by the API and by the pages alike. Both reject when Redis or QStash does. */
export interface LetterActions {
  /** Sends letters back to where they failed: up to 500 at once, the others by messages under the id of the replay. */
  replay(
    who: string,
    projects: readonly string[],
    wanted: Wanted,
    waitUntil: (promise: Promise<unknown>) => void,
  ): Promise<SentOn & { id: string }>;
  /** Deletes letters, up to 5,000; `more` says that there may be others. */
  remove(
    who: string,
    projects: readonly string[],
    wanted: Wanted,
  ): Promise<{ deleted: number; more: boolean }>;
}

export interface LetterActionsOptions {
  store: Store;
  queue: Queue;
  replays: Replays;
  audit: Audit;
  openScope: (waitUntil: (promise: Promise<unknown>) => void, generation: number) => Scope;
  now: () => Date;
  uuid: () => string;
}

export function createLetterActions(options: LetterActionsOptions): LetterActions {
  const { store } = options;
  const nowMs = () => options.now().getTime();

  async function deleteAll(letters: readonly Summary[]): Promise<number> {
    let deleted = 0;
    for (const project of new Set(letters.map((letter) => letter.project))) {
      const ids = letters.filter((letter) => letter.project === project).map(({ id }) => id);
      deleted += await deleteLetters(store, project, ids, nowMs());
    }
    return deleted;
  }

  return {
    async replay(who, projects, wanted, waitUntil) {
      const id = options.uuid();
      const scope = options.openScope(waitUntil, 0);
      const done = await options.replays.part({ replay: id, projects, wanted, part: 0 }, scope);
      await options.queue.publish(done.messages);
      await writePart(store, id, 0, done, nowMs());
      const what = `replayed ${done.part.replayed} dead letters${done.isLast ? "" : ", and more after these"}`;
      await options.audit.record({ who, what, replay: id, ...about(projects, wanted) });
      return { ...done, id };
    },

    async remove(who, projects, wanted) {
      if ("ids" in wanted) {
        const deleted = await deleteAll(await summariesOf(store, projects, wanted.ids));
        await options.audit.record({
          who,
          what: `deleted ${deleted} dead letters`,
          ...about(projects, wanted),
        });
        return { deleted, more: false };
      }
      const { filter } = wanted;
      let deleted = 0;
      let after: Position | null = null;
      do {
        const look = { projects, filter, limit: MAX_FORGOTTEN, after, nowMs: nowMs() };
        const { letters, next } = await findLetters(store, look);
        deleted += await deleteAll(letters);
        after = next;
      } while (after && deleted < MAX_DELETED);
      await options.audit.record({
        who,
        what: `deleted ${deleted} dead letters`,
        ...about(projects, wanted),
      });
      return { deleted, more: after !== null };
    },
  };
}

/** For the audit list: where, and which were meant. */
function about(projects: readonly string[], wanted: Wanted): Pick<AuditEntry, "project" | "details"> {
  const [project, another] = projects;
  const conditions = "ids" in wanted ? { ids: wanted.ids.length } : wanted.filter;
  const details = Object.entries(conditions).flatMap(([name, value]) =>
    value === undefined || name === "to" || name === "from" ? [] : [`${name}: ${value}`],
  );
  return { ...(project !== undefined && another === undefined ? { project } : {}), details };
}
