import { callAdmin } from "../admin-api.ts";
import type { Connection } from "../connection.ts";

/** A dead letter in a list. */
export interface Entry {
  id: string;
  plugin: string | null;
  hook: string;
  project: string;
  error: string;
  attempts: number;
  firstAt: string;
  lastAt: string;
  events: number;
  replays: number;
}

export interface Replay {
  id: string;
  status: "running" | "done";
  replayed: number;
  refused: number;
  missing: number;
  /** In the first answer: which letters of its part stay, and why. */
  why?: readonly { id: string; why: string }[];
}

/** Conditions by the API's names. */
export type Filter = Readonly<Record<string, string>>;
export type Which = { ids: readonly string[] } | { filter: Filter };

/** The admin API for dead letters. All reject as `callAdmin` does. */
export interface DeadLetterClient {
  /** Up to `most` letters, newest first, page by page; `isAll` when there are no more. */
  list(filter: Filter, most: number): Promise<{ entries: Entry[]; isAll: boolean }>;
  show(id: string): Promise<unknown>;
  replay(which: Which): Promise<Replay>;
  replayState(id: string): Promise<Replay>;
  remove(which: Which): Promise<{ deleted: number; more: boolean }>;
}

const PAGE = 500;

export function createClient(connection: Connection): DeadLetterClient {
  const call = <Answer>(method: "GET" | "POST" | "DELETE", path: string, body?: unknown) =>
    callAdmin<Answer>(connection, method, `deadletters${path}`, body);

  return {
    async list(filter, most) {
      const entries: Entry[] = [];
      let cursor: string | null = null;
      do {
        const limit = String(Math.min(PAGE, most - entries.length));
        const query = new URLSearchParams({ ...filter, limit, ...(cursor === null ? {} : { cursor }) });
        const page: { entries: Entry[]; cursor: string | null } = await call("GET", `?${query}`);
        entries.push(...page.entries);
        cursor = page.cursor;
      } while (cursor !== null && entries.length < most);
      return { entries, isAll: cursor === null };
    },
    show: (id) => call("GET", `/${encodeURIComponent(id)}`),
    replay: (which) => call("POST", "/replay", which),
    replayState: (id) => call("GET", `/replays/${encodeURIComponent(id)}`),
    remove: (which) => call("DELETE", "", which),
  };
}
