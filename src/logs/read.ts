import { LOG_LEVELS, type LogLevel } from "../apps/log.ts";
import { keys } from "../keys.ts";
import type { Store } from "../store.ts";
import { decodeEntry, type ReadEntry } from "./stored-entry.ts";

/** Which entries of a log are wanted; all filters together. */
export interface LogQuery {
  project: string;
  plugin: string;
  /** This level and those above it. */
  level: LogLevel;
  hook?: string | undefined;
  /** Text in the message, in whatever case. */
  search?: string | undefined;
  /** Entries from then on; without it, as long as they are kept. */
  since?: string | undefined;
  nowMs: number;
  /** Id of an entry: only older ones. */
  before?: string | undefined;
  limit: number;
}

export interface LogPage {
  /** Newest first. */
  entries: ReadEntry[];
  /** Where the next page begins; null when there are no older entries. */
  cursor: string | null;
}

/** Entries can be long, so not all of them may arrive in one reply. */
const ENTRIES_PER_COMMAND = 100;

/**
 * Reads a page of an app's log. Pages do not shift when entries are added meanwhile. One Redis command per 100 entries
 * looked at, of which there are 1,000 at most. Rejects when Redis does.
 */
export async function readLog(store: Store, query: LogQuery): Promise<LogPage> {
  const key = keys.appLog(query.project, query.plugin);
  const found: { id: string; entry: ReadEntry }[] = [];
  let before = query.before;
  const keptMs = query.nowMs - keys.appLogTtlSeconds * 1000;
  const since = new Date(Math.max(keptMs, Date.parse(query.since ?? "") || 0)).toISOString();
  for (let looked = 0; looked < keys.appLogKept; looked += ENTRIES_PER_COMMAND) {
    const members = await store.zrange<string[]>(key, before === undefined ? "+" : `(${before}`, "-", {
      byLex: true,
      rev: true,
      offset: 0,
      count: ENTRIES_PER_COMMAND,
    });
    for (const member of members) {
      const { id, entry } = decodeEntry(member);
      before = id;
      if (entry.timestamp < since) return { entries: found.map((item) => item.entry), cursor: null };
      if (!matches(entry, query)) continue;
      const last = found.at(-1);
      if (last && found.length === query.limit) {
        return { entries: found.map((item) => item.entry), cursor: last.id };
      }
      found.push({ id, entry });
    }
    if (members.length < ENTRIES_PER_COMMAND) break;
  }
  return { entries: found.map((item) => item.entry), cursor: null };
}

function matches(entry: ReadEntry, { level, hook, search }: LogQuery): boolean {
  if (LOG_LEVELS.indexOf(entry.level) < LOG_LEVELS.indexOf(level)) return false;
  if (hook !== undefined && entry.hook !== hook) return false;
  return search === undefined || entry.message.toLowerCase().includes(search.toLowerCase());
}
