import { type ScheduledTask, scheduledTasks } from "../apps/hooks.ts";
import { type Instance, runHook } from "../apps/instance.ts";
import type { Instances } from "../apps/instances.ts";
import type { Scope } from "../apps/scope.ts";
import { encodeMessage, MESSAGE_VERSION, type TaskMessage } from "../delivery/message.ts";
import type { OutgoingMessage, Queue } from "../delivery/queue.ts";
import { keys } from "../keys.ts";
import type { Leases } from "./lease.ts";

const MINUTE_MS = 60_000;

/** How late a tick may be and still run: a missed one is caught up within its own period. */
const periodMs = {
  runEveryMinute: MINUTE_MS,
  runEveryHour: 60 * MINUTE_MS,
  runEveryDay: 24 * 60 * MINUTE_MS,
} as const satisfies Record<ScheduledTask, number>;

/** Messages that are published in one request. */
const MAX_MESSAGES_PER_REQUEST = 100;

/** Apps' scheduled tasks: one signed message per app and task, at most one run of each at a time (decisions 22). */
export interface Tasks {
  /** Publishes the tasks due at a cron tick. A tick that fires twice is one message. Rejects with `QueueUnavailable`. */
  tick(timeMs: number, projects: readonly string[], scope: Scope): Promise<void>;
  /** Starts one task now. Rejects with `QueueUnavailable`, or when Redis refuses. */
  start(project: string, plugin: string, task: ScheduledTask): Promise<"started" | "running" | "unknown">;
  /** Runs a task whose message has arrived, unless it is running already. Never rejects for what the app throws. */
  run(message: TaskMessage, scope: Scope): Promise<void>;
}

export function createTasks(options: {
  instances: Instances;
  queue: Queue;
  leases: Leases;
  now: () => Date;
  uuid: () => string;
}): Tasks {
  const { instances, queue, leases } = options;

  function message(project: string, plugin: string, task: ScheduledTask, more: Partial<TaskMessage>): string {
    return encodeMessage({ v: MESSAGE_VERSION, id: options.uuid(), project, plugin, task, ...more });
  }

  return {
    async tick(timeMs, projects, scope) {
      const tickAt = timeMs - (timeMs % MINUTE_MS);
      const due = scheduledTasks.filter((task) => tickAt % periodMs[task] === 0);
      const messages: OutgoingMessage[] = [];
      for (const project of projects) {
        await instances.keepFresh(project, scope);
        for (const { plugin } of instances.definitions(project)) {
          const tasks = instances.tasks(project, plugin);
          for (const task of due) {
            if (!tasks.includes(task)) continue;
            messages.push({
              route: "task",
              body: message(project, plugin, task, { tickAt }),
              // QStash takes no colons here, and with `*` a token may be anything.
              deduplicationId: `${project}.${plugin}.${task}.${tickAt}`.replaceAll(":", "_"),
            });
          }
        }
      }
      for (let from = 0; from < messages.length; from += MAX_MESSAGES_PER_REQUEST) {
        await queue.publish(messages.slice(from, from + MAX_MESSAGES_PER_REQUEST));
      }
    },

    async start(project, plugin, task) {
      if (!instances.hooks(project, plugin)?.[task]) return "unknown";
      const key = keys.taskLease(project, plugin, task);
      const lease = options.uuid();
      // Taken here and handed on in the message, so that of two people who press the button one is told "running".
      if (!(await leases.acquire(key, lease))) return "running";
      try {
        await queue.publish([{ route: "task", body: message(project, plugin, task, { lease }) }]);
      } catch (error) {
        await leases.release(key, lease);
        throw error;
      }
      return "started";
    },

    async run({ project, plugin, task, tickAt, lease, id }, scope) {
      if (tickAt !== undefined && options.now().getTime() - tickAt > periodMs[task]) return;
      const key = keys.taskLease(project, plugin, task);
      const owner = lease ?? id;
      // A lease handed over may have run out while its message waited; then it is as free as any other.
      const held =
        (lease !== undefined && (await leases.renew(key, owner))) || (await leases.acquire(key, owner));
      if (!held) return;
      try {
        const instance = await instances.find(project, plugin, scope);
        if (instance) await runLeased(instance, task, scope, () => leases.renew(key, owner));
        else instances.tasks(project, plugin);
      } finally {
        await leases.release(key, owner);
      }
    },
  };
}

/** Runs the task, renewing its lease as long as it goes on. */
async function runLeased(
  instance: Instance,
  task: ScheduledTask,
  scope: Scope,
  renew: () => Promise<boolean>,
): Promise<void> {
  const renewal = setInterval(() => {
    renew().catch((error: Error) =>
      instance.log("WARN", "SYSTEM", `the lease could not be renewed: ${error.message}`, task),
    );
  }, keys.taskLeaseTtlMs / 3);
  try {
    const run = instance.hooks[task];
    await runHook(instance, task, scope, (meta) => run?.(meta));
  } catch (thrown) {
    instance.logThrown(thrown, task);
  } finally {
    clearInterval(renewal);
    void instance.global.save(scope.commands);
  }
}
