import { deriveId } from "../../derived-id.ts";
import type { Store } from "../../store.ts";
import { bufferMessage } from "../buffers/message.ts";
import { outgoing } from "../publish.ts";
import type { OutgoingMessage } from "../queue.ts";
import { strandedBatches } from "./batch.ts";
import { overdueBuffers } from "./buffer.ts";

/** A buffer's own message may be this late before the sweep takes over, and this many are swept at a time. */
const SWEEP_GRACE_MS = 60_000;
const MAX_SWEPT = 100;

/**
 * Resolves to messages for buffers and batches, those that apps made themselves included, whose own were lost, or given up by
 * QStash: they are exported late rather than
 * never. What belongs to an app that is not deployed stays as it is. Two Redis requests.
 */
export type Sweep = (isDeployed: (project: string, plugin: string) => boolean) => Promise<OutgoingMessage[]>;

export function createSweep(options: { store: Store; now: () => Date }): Sweep {
  const { store } = options;

  return async (isDeployed) => {
    const nowMs = options.now().getTime();
    const buffers = await overdueBuffers(store, nowMs - SWEEP_GRACE_MS, MAX_SWEPT);
    const batches = await strandedBatches(store, nowMs, MAX_SWEPT);
    // Named by the minute: a tick that fires twice is one message.
    const minute = String(Math.floor(nowMs / 60_000));
    return [...buffers, ...batches]
      .filter(({ project, plugin }) => isDeployed(project, plugin))
      .map((overdue) => {
        const { project, plugin, buffer, batch } = overdue;
        const id = deriveId("sweep", project, plugin, String(buffer), String(batch), minute);
        const firstAt = nowMs;
        if (buffer !== null) {
          const work = batch === null ? { flush: "time" as const } : { batch, attempt: 0 };
          return bufferMessage({ id, project, plugin, buffer, firstAt, generation: 0, work });
        }
        if (batch === null) return outgoing("export", { id, project, plugin, reason: "time" });
        const destination = { plugin, hook: "exportEvents" as const };
        return outgoing("retry", { id, project, destination, attempt: 0, firstAt, events: [], batch });
      });
  };
}
