import { deriveId } from "../../derived-id.ts";
import { keys } from "../../keys.ts";
import type { Store, StorePipeline } from "../../store.ts";
import { bufferMessage } from "../buffers/message.ts";
import { outgoing } from "../publish.ts";
import type { OutgoingMessage } from "../queue.ts";
import { type Overdue, readMember } from "./buffer.ts";
import { contentKey, isOverdueForDeadLetters, SHELF_LOOK_MS } from "./shelf.ts";

/** A buffer's own message may be this late before the sweep takes over; a batch has its grace in its time. */
const BUFFER_GRACE_MS = 60_000;

/** What has been swept is swept again when nothing came of it for so long. */
const SWEPT_PATIENCE_MS = 300_000;

/** Entries of a set that are looked at together, and how often that is done in one sweep. */
const PAGE_ENTRIES = 100;
const MAX_PAGES = 10;

/** The most messages of a sweep: more pages are not looked at. */
const MAX_MESSAGES = 100;

/**
 * Resolves to messages for buffers and batches, those that apps made themselves included, whose own were lost, or given up by
 * QStash: they are exported late rather than never. What belongs to an app that does not run is put on a shelf, from where it
 * comes back when the app runs again, or when it is to become dead letters. One Redis request, two or three more for a hundred
 * things that were left behind.
 */
export type Sweep = (runs: (project: string, plugin: string) => boolean) => Promise<OutgoingMessage[]>;

export function createSweep(options: { store: Store; now: () => Date }): Sweep {
  const { store } = options;

  /** What is overdue, as members of the sets. */
  async function look(nowMs: number): Promise<{ late: string[]; shelved: string[] }> {
    const upTo = (set: string, time: number) => [set, 0, time, PAGE_OPTIONS] as const;
    const [buffers, batches, shelved] = await store
      .pipeline()
      .zrange<string[]>(...upTo(keys.exportsDue, nowMs - BUFFER_GRACE_MS))
      .zrange<string[]>(...upTo(keys.exportsTaken, nowMs))
      .zrange<string[]>(...upTo(keys.exportsShelved, nowMs))
      .exec<[string[], string[], string[]]>();
    return { late: [...buffers, ...batches], shelved };
  }

  /** Seconds for which Redis keeps what these are about; below 0 when it is gone. */
  async function livesOf(entries: readonly Overdue[]): Promise<number[]> {
    if (entries.length === 0) return [];
    const asking = store.pipeline();
    for (const entry of entries) asking.ttl(contentKey(entry));
    return (await asking.exec<number[]>()).map(Number);
  }

  return async (runs) => {
    const nowMs = options.now().getTime();
    const messages: OutgoingMessage[] = [];
    for (let page = 0; page < MAX_PAGES && messages.length < MAX_MESSAGES; page += 1) {
      const { late, shelved } = await look(nowMs);
      if (late.length + shelved.length === 0) break;
      const noting = store.multi();
      for (const member of late) {
        const entry = readMember(member);
        if (runs(entry.project, entry.plugin)) {
          messages.push(expect(noting, entry, member));
          renew(noting, entry);
        } else putAway(noting, entry, member);
      }
      const entries = shelved.map(readMember);
      const lives = await livesOf(entries);
      for (const [index, entry] of entries.entries()) {
        const member = shelved[index] ?? "";
        const ttlSeconds = lives[index] ?? 0;
        if (ttlSeconds < 0) noting.zrem(keys.exportsShelved, member);
        else if (runs(entry.project, entry.plugin) || isOverdueForDeadLetters(ttlSeconds)) {
          noting.zrem(keys.exportsShelved, member);
          messages.push(expect(noting, entry, member));
        } else putAway(noting, entry, member);
      }
      await noting.exec();
    }
    return messages;

    function expect(noting: StorePipeline, entry: Overdue, member: string): OutgoingMessage {
      noting.zadd(setOf(entry), { score: nowMs + SWEPT_PATIENCE_MS, member });
      return messageFor(entry, nowMs);
    }

    function putAway(noting: StorePipeline, entry: Overdue, member: string): void {
      noting.zrem(setOf(entry), member);
      noting.zadd(keys.exportsShelved, { score: nowMs + SHELF_LOOK_MS, member });
      noting.expire(keys.exportsShelved, keys.exportTtlSeconds);
    }
  };
}

const PAGE_OPTIONS = { byScore: true, offset: 0, count: PAGE_ENTRIES } as const;

/** While QStash is away nothing else does: what waits for an app that runs must not expire. */
function renew(noting: StorePipeline, entry: Overdue): void {
  const { project, name, batch } = entry;
  const kept = [contentKey(entry), setOf(entry), ...(batch === null ? [keys.exportSize(project, name)] : [])];
  for (const key of kept) noting.expire(key, keys.exportTtlSeconds);
}

function setOf({ batch }: Overdue): string {
  return batch === null ? keys.exportsDue : keys.exportsTaken;
}

/** Named by the minute: a tick that fires twice is one message. */
function messageFor({ project, plugin, buffer, batch }: Overdue, nowMs: number): OutgoingMessage {
  const minute = String(Math.floor(nowMs / 60_000));
  const id = deriveId("sweep", project, plugin, String(buffer), String(batch), minute);
  const firstAt = nowMs;
  if (buffer !== null) {
    const work = batch === null ? { flush: "time" as const } : { batch, attempt: 0 };
    return bufferMessage({ id, project, plugin, buffer, firstAt, generation: 0, work });
  }
  if (batch === null) return outgoing("export", { id, project, plugin, reason: "time" });
  const destination = { plugin, hook: "exportEvents" as const };
  return outgoing("retry", { id, project, destination, attempt: 0, firstAt, events: [], batch });
}
