import type { LogPage } from "../../logs/read.ts";
import type { ReadEntry } from "../../logs/stored-entry.ts";

const REQUEST_TIMEOUT_MS = 10_000;
/** Isolates send their entries when their work ends, so that older ones may come after newer ones. */
const OVERLAP_MS = 15_000;
const ENTRIES_PER_PAGE = 200;
/** A log holds no more than this many pages. */
const MAX_PAGES = 5;

/** Reads an app's log through the admin API, bit by bit. */
export interface LogReader {
  /**
   * Entries that have not been read yet, oldest first; of what is there at the first call, the newest page. Rejects when
   * the gateway cannot be reached or refuses, with its words.
   */
  next(): Promise<ReadEntry[]>;
}

export function createLogReader(options: {
  /** Address of the gateway, without a slash at its end. */
  url: string;
  /** The `ADMIN_TOKEN`. */
  token: string;
  plugin: string;
  /** The API's own parameters, such as `level` and `project`. */
  filters: Readonly<Record<string, string>>;
  fetch: typeof fetch;
}): LogReader {
  /** What the last look found, by how often: entries have no identity but their text. */
  let seen = new Map<string, number>();
  let since: string | null = null;

  async function page(cursor: string | null): Promise<LogPage> {
    const address = new URL(`${options.url}/admin/api/apps/${encodeURIComponent(options.plugin)}/logs`);
    const parameters = { ...options.filters, limit: String(ENTRIES_PER_PAGE), since, cursor };
    for (const [name, value] of Object.entries(parameters)) {
      if (value !== null) address.searchParams.set(name, value);
    }
    const response = await options.fetch(address, {
      headers: { Authorization: `Bearer ${options.token}` },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${address.origin} answered ${response.status}: ${text}`);
    return JSON.parse(text) as LogPage;
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
        // Not further back than what has been looked at: what is older was left out on purpose.
        since = overlap > oldest.timestamp ? overlap : oldest.timestamp;
        seen = found;
      }
      return fresh;
    },
  };
}
