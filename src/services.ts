import { createTally } from "./accounts/tally.ts";
import { createAlerts } from "./alerts.ts";
import { createDisabledAlert } from "./apps/disabled-alert.ts";
import { createGenerations } from "./apps/generation.ts";
import type { InstanceServices } from "./apps/instance.ts";
import { createInstances } from "./apps/instances.ts";
import type { Scope } from "./apps/scope.ts";
import { createVault } from "./apps/state/vault.ts";
import { createUnhandled } from "./apps/unhandled.ts";
import { createExactRateLimit } from "./capture/exact-rate-limit.ts";
import { createUuidV7 } from "./capture/uuid.ts";
import { createBufferStore } from "./delivery/buffers/store.ts";
import { createDurableQueue } from "./delivery/durable-queue.ts";
import { createSweep } from "./delivery/exports/sweep.ts";
import type { SetupMessage } from "./delivery/message.ts";
import { createOutage } from "./delivery/outage.ts";
import { createProgressBook } from "./delivery/progress/index.ts";
import { setupMessage } from "./delivery/publish.ts";
import { createQueue } from "./delivery/queue.ts";
import { createDrain } from "./delivery/spool/drain.ts";
import { createSpool } from "./delivery/spool/index.ts";
import { createWork } from "./delivery/work.ts";
import type { Platform } from "./gateway.ts";
import { createIngest } from "./ingest.ts";
import { createLogs } from "./logs/index.ts";
import { createPipeline } from "./pipeline/index.ts";
import { createProjects } from "./projects.ts";
import { createHousekeeping } from "./schedule/housekeeping.ts";
import { createLeases } from "./schedule/lease.ts";
import { createTasks } from "./schedule/tasks.ts";
import { createLastTick } from "./schedule/ticks.ts";
import { createScopes } from "./scopes.ts";
import { createStore } from "./store.ts";
import { createHeldStories } from "./stories/held.ts";
import { createStories } from "./stories/index.ts";
import { createSampler, samplingOf } from "./stories/sampler.ts";
import { createSnapshot } from "./stories/snapshot.ts";

export type Services = ReturnType<typeof createServices>;

/** Makes the gateway's parts and hands each what it needs of the others. Reaches neither Redis nor QStash. */
export function createServices(platform: Platform) {
  const { settings, now } = platform;
  const { publicUrl, maxMessageBytes } = settings;
  const uuidV7 = createUuidV7(platform.randomBytes);
  const uuid = () => uuidV7(now().getTime());
  const store = createStore(settings.redis);
  const logs = createLogs({ ...platform, store, uuid });
  const { mask, writeFault, writeNote } = logs;
  const nowMs = () => now().getTime();
  const outage = createOutage({ nowMs, onFault: writeFault, onBack: writeNote });
  const qstash = createQueue({ ...settings.qstash, publicUrl, maxMessageBytes, store, outage });
  const spool = createSpool({ store, maxBytes: settings.spoolMaxBytes, nowMs });
  const queue = createDurableQueue({ qstash, spool, outage });
  const vault = createVault(settings.secretsKey, platform.randomBytes);
  const alert = createAlerts({ ...settings.alerts, store, fetch: platform.fetch, onFault: writeFault });
  const instanceServices: InstanceServices = {
    environment: platform.environment,
    posthog: { host: settings.posthogHost, personalApiKey: settings.posthogPersonalApiKey },
    locate: platform.locate,
    flushBuffer: (instance, buffer, scope) => work.buffers.flushNow(instance, buffer, scope),
    loops: { limit: settings.loopLimit, timeoutMs: settings.taskTimeoutMs },
    log: logs.log,
    secrets: logs.secrets,
    now,
    uuid,
    fetch: platform.fetch,
  };
  // Nobody could look at them without the admin.
  const maySample = samplingOf(settings.adminTokens.length > 0 ? settings.eventSamples : []);
  const instances = createInstances({
    apps: platform.apps,
    services: instanceServices,
    store,
    vault,
    setupTimeoutMs: settings.taskTimeoutMs,
    publish: (due) => queue.publish(due.map(setupMessage)),
    alertDisabled: createDisabledAlert(alert),
    mayBeWatched: maySample,
  });

  const bufferStore = createBufferStore({ store, now, uuid });
  const generations = createGenerations(settings.qstash);
  const scopes = createScopes({
    store,
    queue,
    bufferStore,
    generations,
    publicUrl,
    maxMessageBytes,
    flushLogs: logs.kept.flush,
    now,
    uuid,
  });

  const sampler = createSampler({ maySample, isWatched: instances.isWatched, now });
  const snapshot = createSnapshot(settings.maskedFields, mask);
  const held = createHeldStories({ store, isWatched: instances.isWatched, nowMs });
  const stories = createStories({ held, sampler, snapshot, mask, now });
  const work = createWork({ platform, store, queue, instances, stories, bufferStore, logs, alert, uuid });
  const tally = createTally(store, now);

  return {
    store,
    queue,
    qstash,
    outage,
    spool,
    instances,
    instanceServices,
    vault,
    ...work,
    logs: logs.kept,
    writeFault,
    mask,
    unhandled: createUnhandled(writeFault),
    stories,
    ...scopes,
    generations,
    uuid,
    tally,
    progress: createProgressBook({
      store,
      deadLetters: work.deadLetters,
      queue,
      now,
      uuid,
      mask,
      onFault: writeFault,
    }),
    housekeeping: createHousekeeping({ store, qstash, onFault: writeFault }),
    sweep: createSweep({ store, now }),
    drain: createDrain({
      store,
      qstash,
      subrequestBudget: settings.subrequestBudget,
      now,
      uuid,
      onFault: writeFault,
      onProgress: writeNote,
    }),
    accountExactly:
      settings.exactRateLimit && settings.rateLimitPerMinute !== null
        ? createExactRateLimit(store, settings.rateLimitPerMinute)
        : null,
    projects: createProjects(settings.projects, store),
    tasks: createTasks({
      instances,
      // A task that QStash does not take is caught up by the next tick.
      queue: qstash,
      leases: createLeases(store),
      lastTick: createLastTick(store),
      now,
      uuid,
    }),
    runSetup: async (message: SetupMessage, scope: Scope) =>
      (await instances.attempt({ ...message, delaySeconds: 0 }, scope)).map(setupMessage),
    ingest: createIngest({
      pipeline: createPipeline({ instances, ...settings }),
      queue,
      maxMessageBytes,
      leftovers: scopes.leftovers,
      exactDrops: settings.exactDrops,
      tally,
      stories,
      now,
      onFault: writeFault,
    }),
  };
}
