import type { SendAlert } from "../alerts.ts";
import type { Instances } from "../apps/instances.ts";
import { createSystemLog } from "../apps/system-log.ts";
import type { Platform } from "../gateway.ts";
import type { Logs } from "../logs/index.ts";
import type { Store } from "../store.ts";
import type { Stories } from "../stories/index.ts";
import { createNoteHealth } from "./breaker/drain.ts";
import { createBatches } from "./buffers/batch.ts";
import { createBuffers } from "./buffers/index.ts";
import type { BufferStore } from "./buffers/store.ts";
import { createDeadLetters } from "./dead-letters/index.ts";
import { createReplays } from "./dead-letters/replay.ts";
import { createReturnLetter } from "./dead-letters/return-letter.ts";
import { createDeliver } from "./deliver.ts";
import { createExports } from "./exports/index.ts";
import { createFollowUp } from "./follow-up.ts";
import { createEventHookDestination } from "./hooks/event-hooks.ts";
import { createRunJob } from "./hooks/job.ts";
import { createForward } from "./posthog/forward.ts";
import { createPostHogDestination } from "./posthog/index.ts";
import { createParkedAlert } from "./posthog/parked-alert.ts";
import type { Queue } from "./queue.ts";
import { createRetry } from "./retry.ts";

/**
 * What does the work of the routes that QStash calls: one part for each kind of destination, and for what
 * destinations do not take.
 */
export function createWork(options: {
  platform: Platform;
  store: Store;
  queue: Queue;
  instances: Instances;
  stories: Stories;
  bufferStore: BufferStore;
  logs: Logs;
  alert: SendAlert | null;
  uuid: () => string;
}) {
  const { platform, store, queue, instances, stories, uuid } = options;
  const { settings, now, fetch } = platform;
  const { secrets, mask, log, writeFault: onFault } = options.logs;
  const limits = { timeoutMs: settings.taskTimeoutMs, subrequestBudget: settings.subrequestBudget };

  const deadLetters = createDeadLetters({ store, mask, now, onFault });
  const followUp = createFollowUp({ mask, now });
  const exports = createExports({ store, followUp, deadLetters, stories, ...limits, now, onFault });
  const host = settings.posthogHost;
  const forward = host === null ? null : createForward({ host, fetch, now });
  const alertParked = createParkedAlert({ send: options.alert, mask, onFault });
  const destinations = {
    toPostHog: createPostHogDestination({ forward, followUp, alertParked, now }),
    toEventHook: createEventHookDestination({ followUp, ...limits, fetch }),
    exports,
  };
  const buffers = createBuffers({
    instances,
    store,
    buffers: options.bufferStore,
    batches: createBatches({ store, deadLetters, ...limits, now }),
    publish: queue.publish,
    ...limits,
    now,
    uuid,
  });
  const noteHealth = createNoteHealth(now);
  const retry = createRetry({ instances, destinations, followUp, stories });
  const systemLog = createSystemLog({ environment: platform.environment, secrets, log, now });
  const runJob = createRunJob({ instances, followUp, log: systemLog, now });

  return {
    deadLetters,
    deliver: createDeliver({ instances, destinations, followUp, stories, now }),
    retry,
    exports,
    buffers,
    runJob,
    returnLetter: createReturnLetter({ store, retry, runJob, buffers, noteHealth, now }),
    replays: createReplays({ store, instances, hasPostHog: forward !== null, now }),
    noteHealth,
  };
}
