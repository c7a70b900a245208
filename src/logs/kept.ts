import type { LogEntry } from "../apps/log.ts";
import { keys } from "../keys.ts";
import type { Store } from "../store.ts";
import { encodeEntry } from "./stored-entry.ts";
import { createWaitingLogs, type WaitingEntries } from "./waiting.ts";

/** Apps' logs on their way to Redis, where people find them. */
export interface KeptLogs {
  add(entry: LogEntry): void;
  /**
   * Sends what has been added: one request, 3 commands per app that logged; undefined, at no cost, when none did.
   * Never rejects: what Redis does not take is on the platform's console all the same.
   */
  flush(): Promise<void> | undefined;
}

/** @param uuid tells the entries of one isolate from those of another made in the same millisecond */
export function createKeptLogs(options: { store: Store; uuid: () => string }): KeptLogs {
  const waiting = createWaitingLogs(keys.appLogKept);
  let encoded = 0;
  let isolate: string | undefined;

  function membersOf({ project, plugin, entries, lost }: WaitingEntries) {
    const [oldest] = entries;
    if (!oldest) return [];
    isolate ??= options.uuid().slice(-8);
    const message = `${lost} older lines were not kept: too much was logged at once`;
    const notice: LogEntry = {
      timestamp: oldest.timestamp,
      level: "WARN",
      source: "SYSTEM",
      plugin,
      project,
      message,
    };
    const kept = lost > 0 ? [notice, ...entries] : entries;
    return kept.map((entry) => ({ score: 0, member: encodeEntry(entry, (encoded += 1), isolate ?? "") }));
  }

  async function send(lines: readonly WaitingEntries[]): Promise<void> {
    const pipeline = options.store.pipeline();
    for (const line of lines) {
      const key = keys.appLog(line.project, line.plugin);
      const [first, ...others] = membersOf(line);
      if (!first) continue;
      pipeline
        .zadd(key, first, ...others)
        .zremrangebyrank(key, 0, -keys.appLogKept - 1)
        .expire(key, keys.appLogTtlSeconds);
    }
    await pipeline.exec({ keepErrors: true });
  }

  return {
    add: waiting.add,
    flush() {
      const lines = waiting.take();
      // Redis is away, and the entries are lost: nobody was promised a log, and the console has them.
      return lines.length === 0 ? undefined : send(lines).catch(() => {});
    },
  };
}
