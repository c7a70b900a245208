import type { ScheduledTask } from "../apps/hooks.ts";
import type { Instance } from "../apps/instance.ts";
import type { Instances } from "../apps/instances.ts";
import { runHook } from "../apps/run-hook.ts";
import type { Scope } from "../apps/scope.ts";
import type { TaskMessage } from "../delivery/message.ts";
import { outgoing } from "../delivery/publish.ts";
import type { OutgoingMessage, Queue } from "../delivery/queue.ts";
import { deriveId } from "../derived-id.ts";
import { keys } from "../keys.ts";
import { type Hold, holdLease } from "./hold.ts";
import type { Leases } from "./lease.ts";
import { type LastTick, minuteOf, periodMs, tasksDue } from "./ticks.ts";

/** Apps' scheduled tasks: one signed message per app and task, at most one run of each at a time (decisions 22). */
export interface Tasks {
  /**
   * Publishes the tasks due at a cron tick, with those of ticks that were missed. A tick that fires twice is one message.
   * One Redis command if any app has a task; without Redis nothing is caught up. Rejects with `QueueUnavailable`.
   */
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
  lastTick: LastTick;
  now: () => Date;
  uuid: () => string;
}): Tasks {
  const { instances, queue, leases, lastTick, now } = options;

  function dueMessages(
    app: { project: string; plugin: string; tasks: readonly ScheduledTask[] },
    due: readonly { task: ScheduledTask; dueAt: number }[],
  ): OutgoingMessage[] {
    const { project, plugin, tasks } = app;
    return due
      .filter(({ task }) => tasks.includes(task))
      .map(({ task, dueAt }) => {
        const id = deriveId(project, plugin, task, String(dueAt));
        return outgoing("task", { id, project, plugin, task, tickAt: dueAt });
      });
  }

  return {
    async tick(timeMs, projects, scope) {
      const tickAt = minuteOf(timeMs);
      for (const project of projects) await instances.keepFresh(project, scope);
      const apps = projects
        .flatMap((project) =>
          instances.definitions(project).map(({ plugin }) => ({
            project,
            plugin,
            tasks: instances.tasks(project, plugin),
          })),
        )
        .filter(({ tasks }) => tasks.length > 0);
      if (apps.length === 0) return;
      const last = await lastTick.advance(tickAt).catch(() => null);
      const due = tasksDue(tickAt, last);
      try {
        await queue.publish(apps.flatMap((app) => dueMessages(app, due)));
      } catch (error) {
        // The next tick publishes again what was refused; what was accepted is recognised by its id.
        await lastTick.rewind(last).catch(() => {});
        throw error;
      }
    },

    async start(project, plugin, task) {
      if (!instances.hooks(project, plugin)?.[task]) return "unknown";
      const key = keys.taskLease(project, plugin, task);
      const lease = options.uuid();
      // Taken here and handed on in the message, so that of two people who press the button one is told "running".
      if (!(await leases.acquire(key, lease))) return "running";
      try {
        await queue.publish([outgoing("task", { id: lease, project, plugin, task, lease })]);
      } catch (error) {
        await leases.release(key, lease);
        throw error;
      }
      return "started";
    },

    async run({ project, plugin, task, tickAt, lease }, scope) {
      if (tickAt !== undefined && now().getTime() - tickAt > periodMs[task]) return;
      const key = keys.taskLease(project, plugin, task);
      // An owner of this run's own: QStash may offer a message again while its first run is still going on.
      const owner = options.uuid();
      // A lease that was handed over may have run out while its message waited; then anybody may take it.
      const held =
        (lease !== undefined && (await leases.takeOver(key, lease, owner))) ||
        (await leases.acquire(key, owner));
      if (!held) return;
      const onFault = (text: string) => instance?.log("WARN", "SYSTEM", text, task);
      const hold = holdLease({ leases, key, owner, now, onFault });
      let instance: Instance | null = null;
      try {
        instance = await instances.find(project, plugin, scope);
        if (instance) await runHeld(instance, task, scope, hold);
        // Asked for what it says in the app's log: that tasks do not run before set-up has succeeded.
        else instances.tasks(project, plugin);
      } finally {
        await hold.release();
      }
    },
  };
}

/** Runs the task. Once its lease is lost it cannot act through the gateway any more, since another run may. */
async function runHeld(instance: Instance, task: ScheduledTask, scope: Scope, hold: Hold): Promise<void> {
  scope.refuseWhen(() =>
    hold.lost ? `this run of ${task} was away for so long that another may have taken its place` : null,
  );
  try {
    const run = instance.hooks[task];
    await runHook(instance, task, scope, (meta) => run?.(meta));
  } catch (thrown) {
    instance.logThrown(thrown, task);
  }
  if (hold.lost) {
    instance.log("WARN", "SYSTEM", "lost its lease: what it did after that was refused", task);
  } else {
    void instance.global.save(scope.commands);
  }
}
