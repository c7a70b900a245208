import { createAlerts } from "./alerts.ts";
import { createDisabledAlert } from "./apps/disabled-alert.ts";
import { createGenerations } from "./apps/generation.ts";
import { createTally } from "./accounts/tally.ts";
import type { InstanceServices } from "./apps/instance.ts";
import { createInstances, type Instances } from "./apps/instances.ts";
import type { Leftovers } from "./apps/leftovers.ts";
import type { LogEntry, LogLevel } from "./apps/log.ts";
import { createScope, currentInvocation, type Scope } from "./apps/scope.ts";
import { createVault } from "./apps/state/vault.ts";
import { createSystemLog } from "./apps/system-log.ts";
import { createUuidV7 } from "./capture/uuid.ts";
import { createNoteHealth } from "./delivery/breaker/drain.ts";
import { createBatches } from "./delivery/buffers/batch.ts";
import { createBuffers } from "./delivery/buffers/index.ts";
import { createBufferStore } from "./delivery/buffers/store.ts";
import { createDeadLetters } from "./delivery/dead-letters/index.ts";
import { createReplays } from "./delivery/dead-letters/replay.ts";
import { createReturnLetter } from "./delivery/dead-letters/return-letter.ts";
import { createDeliver } from "./delivery/deliver.ts";
import { createDurableQueue } from "./delivery/durable-queue.ts";
import { createExports } from "./delivery/exports/index.ts";
import { createSweep } from "./delivery/exports/sweep.ts";
import { createFollowUp } from "./delivery/follow-up.ts";
import { createEventHookDestination } from "./delivery/hooks/event-hooks.ts";
import { createRunJob } from "./delivery/hooks/job.ts";
import { createForward } from "./delivery/posthog/forward.ts";
import { createPostHogDestination } from "./delivery/posthog/index.ts";
import { createParkedAlert } from "./delivery/posthog/parked-alert.ts";
import type { SetupMessage } from "./delivery/message.ts";
import { createOutage } from "./delivery/outage.ts";
import { createProgressBook } from "./delivery/progress/index.ts";
import { leftoverMessages, setupMessage } from "./delivery/publish.ts";
import { createQueue } from "./delivery/queue.ts";
import { createRetry } from "./delivery/retry.ts";
import { createDrain } from "./delivery/spool/drain.ts";
import { createSpool } from "./delivery/spool/index.ts";
import { createExactRateLimit } from "./exact-rate-limit.ts";
import type { Platform, RequestPlatform } from "./gateway.ts";
import { createIngest } from "./ingest.ts";
import { createUnhandled } from "./apps/unhandled.ts";
import { createKeptLogs } from "./logs/kept.ts";
import { createSecrets } from "./logs/secrets.ts";
import { createPipeline } from "./pipeline/index.ts";
import { createProjects } from "./projects.ts";
import { createLeases } from "./schedule/lease.ts";
import { createTasks } from "./schedule/tasks.ts";
import { createLastTick } from "./schedule/ticks.ts";
import { createStore } from "./store.ts";
import { createHousekeeping } from "./housekeeping.ts";
import { createHeldStories } from "./stories/held.ts";
import { createStories } from "./stories/index.ts";
import { createSampler, samplingOf } from "./stories/sampler.ts";
import { createSnapshot } from "./stories/snapshot.ts";

export type Services = ReturnType<typeof createServices>;

/** Makes the gateway's parts and hands each what it needs of the others. Reaches neither Redis nor QStash. */
export function createServices(platform: Platform) {
  const { settings, now } = platform;
  const uuidV7 = createUuidV7(platform.randomBytes);
  const uuid = () => uuidV7(now().getTime());
  const store = createStore(settings.redis);
  const secrets = createSecrets(platform.environment);
  const logs = createKeptLogs({ store, uuid });
  /** One line on the platform's console, which every platform collects, and in the log that Redis keeps. */
  const log = (entry: LogEntry) => {
    platform.write(JSON.stringify(entry));
    logs.add(entry);
    currentInvocation.getStore()?.scope.logs.logged();
  };
  /** A line of the gateway's own log, in the form of the apps'. */
  const write = (level: LogLevel) => (message: string) => {
    const entry = { timestamp: now().toISOString(), level, source: "SYSTEM" };
    platform.write(JSON.stringify({ ...entry, message: secrets.mask(message) }));
  };
  const writeFault = write("ERROR");
  const writeNote = write("INFO");
  const nowMs = () => now().getTime();
  const outage = createOutage({ nowMs, onFault: writeFault, onBack: writeNote });
  const qstash = createQueue({
    ...settings.qstash,
    publicUrl: settings.publicUrl,
    maxMessageBytes: settings.maxMessageBytes,
    store,
    outage,
  });
  const spool = createSpool({ store, maxBytes: settings.spoolMaxBytes, nowMs });
  const queue = createDurableQueue({ qstash, spool, outage });
  const vault = createVault(settings.secretsKey, platform.randomBytes);
  const alerts = createAlerts({ ...settings.alerts, store, fetch: platform.fetch, onFault: writeFault });
  const instanceServices: InstanceServices = {
    environment: platform.environment,
    posthog: { host: settings.posthogHost, personalApiKey: settings.posthogPersonalApiKey },
    locate: platform.locate,
    flushBuffer: (instance, buffer, scope) => buffers.flushNow(instance, buffer, scope),
    loops: { limit: settings.loopLimit, timeoutMs: settings.taskTimeoutMs },
    log,
    secrets,
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
    alertDisabled: createDisabledAlert(alerts),
    mayBeWatched: maySample,
  });

  const sealing = { maxMessageBytes: settings.maxMessageBytes, now };
  const bufferStore = createBufferStore({ store, now, uuid });
  const messagesOf = async (left: Leftovers) => [
    ...leftoverMessages(left, sealing),
    ...(await bufferStore.add(left)),
  ];
  const leftovers = async (scope: Scope) => messagesOf(await scope.finish());
  const generations = createGenerations(settings.qstash);
  /** `id` names work that may be done again; `address` is where it was asked for. */
  const openScope = (
    waitUntil: RequestPlatform["waitUntil"],
    generation: number,
    { id = uuid(), address = settings.publicUrl }: { id?: string | undefined; address?: string } = {},
  ): Scope =>
    createScope({
      id,
      store,
      nowMs: () => now().getTime(),
      generation,
      ownAddresses: [settings.publicUrl, address],
      seal: generations.seal,
      waitUntil,
      publish: async (late) => queue.publish(await messagesOf(late)),
      flushLogs: logs.flush,
    });

  const sampler = createSampler({ maySample, isWatched: instances.isWatched, now });
  const snapshot = createSnapshot(settings.maskedFields, secrets.mask);
  const held = createHeldStories({ store, isWatched: instances.isWatched, nowMs });
  const stories = createStories({ held, sampler, snapshot, mask: secrets.mask, now });
  const deadLetters = createDeadLetters({ store, mask: secrets.mask, now, onFault: writeFault });
  const followUp = createFollowUp({ deadLetters, mask: secrets.mask, now, onFault: writeFault });
  const limits = { timeoutMs: settings.taskTimeoutMs, subrequestBudget: settings.subrequestBudget };
  const exports = createExports({ store, followUp, ...limits, now });
  const buffers = createBuffers({
    instances,
    store,
    buffers: bufferStore,
    batches: createBatches({ store, deadLetters, ...limits, now, uuid }),
    publish: queue.publish,
    ...limits,
    now,
    uuid,
  });
  const host = settings.posthogHost;
  const forward = host === null ? null : createForward({ host, fetch: platform.fetch, now });
  const destinations = {
    toPostHog: createPostHogDestination({
      forward,
      followUp,
      alertParked: createParkedAlert({ send: alerts, mask: secrets.mask, onFault: writeFault }),
      now,
    }),
    toEventHook: createEventHookDestination({ followUp, ...limits, fetch: platform.fetch }),
    exports,
  };
  const tally = createTally(store, now);
  const noteHealth = createNoteHealth(now);
  const retry = createRetry({ instances, destinations, followUp, stories });
  const runJob = createRunJob({
    instances,
    followUp,
    log: createSystemLog({ environment: platform.environment, secrets, log, now }),
    now,
  });

  return {
    store,
    queue,
    qstash,
    outage,
    spool,
    instances,
    instanceServices,
    vault,
    exports,
    logs,
    writeFault,
    mask: secrets.mask,
    unhandled: createUnhandled(writeFault),
    buffers,
    stories,
    openScope,
    generations,
    leftovers,
    uuid,
    tally,
    progress: createProgressBook({ store, queue, now, uuid, mask: secrets.mask, onFault: writeFault }),
    noteHealth,
    housekeeping: createHousekeeping({ store, onFault: writeFault }),
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
    deliver: createDeliver({ instances, destinations, followUp, stories, now }),
    retry,
    runJob,
    returnLetter: createReturnLetter({ store, retry, runJob, buffers, noteHealth, now }),
    replays: createReplays({ store, instances, hasPostHog: forward !== null, now }),
    runSetup: async (message: SetupMessage, scope: Scope) =>
      (await instances.attempt({ ...message, delaySeconds: 0 }, scope)).map(setupMessage),
    ingest: createIngest({
      pipeline: createPipeline({ instances, ...settings }),
      queue,
      maxMessageBytes: settings.maxMessageBytes,
      leftovers,
      exactDrops: settings.exactDrops,
      tally,
      stories,
      now,
      onFault: writeFault,
    }),
  };
}

/** Whether some app of the project has a hook. */
export function hasHook(instances: Instances, project: string, hook: "onSnapshot"): boolean {
  return instances.definitions(project).some(({ plugin }) => instances.hooks(project, plugin)?.[hook]);
}
