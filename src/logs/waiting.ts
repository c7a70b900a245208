import type { LogEntry } from "../apps/log.ts";

/** Text that waits to be kept, of all apps: one request to Redis must hold it, where a character takes up to three bytes. */
const MAX_WAITING_CHARACTERS = 2_000_000;

/** Entries of one app and project that Redis does not have yet. */
export interface WaitingEntries {
  project: string;
  plugin: string;
  /** Oldest first. */
  entries: LogEntry[];
  /** How many older ones had to go, because there was too much. */
  lost: number;
}

/** Entries that wait to be kept: plain values, so that on Workers any request may write what others left. */
export interface WaitingLogs {
  add(entry: LogEntry): void;
  /** Hands over what waits, and forgets it. */
  take(): readonly WaitingEntries[];
}

interface Line extends WaitingEntries {
  characters: number;
}

/** An app that logs too much in one go loses the beginning of its own entries, and nothing of other apps'. */
export function createWaitingLogs(maxEntries: number): WaitingLogs {
  let lines = new Map<string, Line>();
  let characters = 0;

  function dropOldest(line: Line): void {
    const { length = 0 } = line.entries.shift()?.message ?? {};
    line.characters -= length;
    characters -= length;
    line.lost += 1;
  }

  return {
    add(entry) {
      const { project, plugin, message } = entry;
      const name = `${plugin}\n${project}`;
      const line = lines.get(name) ?? { project, plugin, entries: [], characters: 0, lost: 0 };
      lines.set(name, line);
      line.entries.push(entry);
      line.characters += message.length;
      characters += message.length;
      if (line.entries.length > maxEntries) dropOldest(line);
      while (characters > MAX_WAITING_CHARACTERS) dropOldest(longest(lines.values(), line));
    },
    take() {
      // The usual case: a request in which no app logs pays for this look alone.
      if (lines.size === 0) return [];
      const taken = [...lines.values()];
      lines = new Map();
      characters = 0;
      return taken;
    },
  };
}

function longest(lines: Iterable<Line>, first: Line): Line {
  let found = first;
  for (const line of lines) {
    if (line.characters > found.characters) found = line;
  }
  return found;
}
