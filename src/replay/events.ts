import { requireSparse } from "../capture/density.ts";
import { DEFAULT_LIMITS } from "../capture/limits.ts";
import { decodeUtf8 } from "../capture/text.ts";
import { createUuidV7 } from "../capture/uuid.ts";
import { readBatch } from "../capture/v0/batch.ts";
import { openEnvelope } from "../capture/v0/envelope.ts";
import type { CapturedBatch } from "../event.ts";

/**
 * Parses an inspected recording into the events that `onSnapshot` sees. What capture would refuse (no `distinct_id`,
 * say) is left out; PostHog has the recording anyway. `$window_id` is the session's where it is missing. Throws
 * CaptureError 413 for more objects than fit into memory.
 */
export type SnapshotReader = (json: Uint8Array, project: string, ip: string | null) => CapturedBatch;

export function createSnapshotReader(options: {
  siteUrl: string;
  teamIdOf(project: string): number;
  now(): number;
  randomBytes(count: number): Uint8Array;
}): SnapshotReader {
  const uuidV7 = createUuidV7(options.randomBytes);

  return (json, project, ip) => {
    const nowMs = options.now();
    const text = decodeUtf8(json);
    requireSparse(text, DEFAULT_LIMITS);
    const envelope = openEnvelope(text);
    const { batch } = readBatch(envelope, project, {
      nowMs,
      now: new Date(nowMs).toISOString(),
      ip,
      siteUrl: options.siteUrl,
      teamId: options.teamIdOf(project),
      envelopeSentAt: envelope.sentAt,
      querySentAt: undefined,
      engage: false,
      uuidV7,
      clientUuids: new Set(),
    });
    for (const { properties } of batch.events) {
      if (properties) properties["$window_id"] ??= properties["$session_id"];
    }
    return batch;
  };
}
