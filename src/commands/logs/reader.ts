import type { LogPage } from "../../logs/read.ts";
import type { ReadEntry } from "../../logs/stored-entry.ts";
import { callAdmin } from "../admin-api.ts";
import type { Connection } from "../connection.ts";

/** Isolates send their entries when their work ends, so that older ones may come after newer ones. */
const OVERLAP_MS = 15_000;
const ENTRIES_PER_PAGE = 200;
/** A log holds no more than this many pages. */
const MAX_PAGES = 5;

/** Reads an app's log through the admin API, bit by bit. */
export interface LogReader {
  /**
   * Entries that have not been read yet, oldest first; of what is there at the first call, the newest page. Rejects as
   * `callAdmin` does.
   */
  next(): Promise<ReadEntry[]>;
}

export function createLogReader(options: {
  connection: Connection;
  plugin: string;
  /** The API's own parameters, such as `level` and `project`. */
  filter: Readonly<Record<string, string | undefined>>;
}): LogReader {
  /** What the last look found, by how often: entries have no identity but their text. */
  let seen = new Map<string, number>();
  let since: string | null = null;

  function page(cursor: string | null): Promise<LogPage> {
    const parameters = { ...options.filter, limit: String(ENTRIES_PER_PAGE), since, cursor };
    const given = Object.entries(parameters).flatMap(([name, value]) => (value ? [[name, value]] : []));
    const path = `apps/${encodeURIComponent(options.plugin)}/logs?${new URLSearchParams(given)}`;
    return callAdmin(options.connection, "GET", path);
  }

  async function recent(): Promise<ReadEntry[]> {
    const entries: ReadEntry[] = [];
    let cursor: string | null = null;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const found: LogPage = await page(cursor);
      entries.push(...found.entries);
      cursor = found.cursor;
      if (cursor === null || since === null) break;
    }
    return entries.toReversed();
  }

  return {
    async next() {
      const entries = await recent();
      const found = new Map<string, number>();
      const fresh = entries.filter((entry) => {
        const text = JSON.stringify(entry);
        const times = (found.get(text) ?? 0) + 1;
        found.set(text, times);
        return times > (seen.get(text) ?? 0);
      });
      const [oldest, newest] = [entries[0], entries.at(-1)];
      if (oldest && newest) {
        const overlap = new Date(Date.parse(newest.timestamp) - OVERLAP_MS).toISOString();
        // Not further back than the first page went: what is older was left out on purpose.
        since = overlap > oldest.timestamp ? overlap : oldest.timestamp;
        seen = found;
      }
      return fresh;
    },
  };
}
