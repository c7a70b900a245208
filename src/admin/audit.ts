import { keys } from "../keys.ts";
import type { Store } from "../store.ts";

/** What someone did in the admin. */
export interface AuditEntry {
  /** ISO. */
  at: string;
  /** The name of their token. */
  who: string;
  /** In a few words: `configured`, `enabled`, `ran runEveryMinute`. */
  what: string;
  project?: string;
  plugin?: string;
  /** The id of a replay, which its own page tells about for a week. */
  replay?: string;
  /** What changed, without a secret in it. */
  details?: readonly string[];
}

const MAX_DETAILS = 50;

/** Who did what in the admin and when, the latest `auditKept` of all projects together. */
export interface Audit {
  /**
   * One request of 3 commands. Never rejects: what was done is done, and the gateway's log says when a line is lost.
   */
  record(entry: Omit<AuditEntry, "at">): Promise<void>;
  /** Newest first. `cursor` is null at the end, else what the next page is asked with. One command. Rejects when Redis does. */
  read(page: { limit: number; cursor: number }): Promise<{ entries: AuditEntry[]; cursor: number | null }>;
}

export function createAudit(options: {
  store: Store;
  now: () => Date;
  onFault: (message: string) => void;
}): Audit {
  const { store } = options;
  return {
    async record({ details = [], ...entry }) {
      const shown = details.slice(0, MAX_DETAILS);
      const kept: AuditEntry = {
        at: options.now().toISOString(),
        ...entry,
        ...(shown.length > 0 ? { details: shown } : {}),
      };
      const pipeline = store.pipeline();
      pipeline.lpush(keys.audit, JSON.stringify(kept));
      pipeline.ltrim(keys.audit, 0, keys.auditKept - 1);
      pipeline.expire(keys.audit, keys.auditTtlSeconds);
      await pipeline
        .exec()
        .catch((error: Error) =>
          options.onFault(`the audit list lacks ${JSON.stringify(kept)}: ${error.message}`),
        );
    },

    async read({ limit, cursor }) {
      const texts = await store.lrange<string>(keys.audit, cursor, cursor + limit);
      const entries = texts.slice(0, limit).map((text) => JSON.parse(text) as AuditEntry);
      return { entries, cursor: texts.length > limit ? cursor + limit : null };
    },
  };
}
