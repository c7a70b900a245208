import type { Services } from "../services.ts";

/**
 * One cron tick: publishes the tasks that are due, then the messages of buffers that were left behind, then what
 * waits in the spool; once an hour it does the housekeeping. All are tried, whichever fails; rejects with the first
 * failure.
 */
export async function tick(timeMs: number, services: Services): Promise<void> {
  const { tasks, projects, qstash, sweep, drain, instances } = services;
  const background: Promise<unknown>[] = [];
  const scope = services.openScope((promise) => background.push(promise), 0);
  const runs = (project: string, plugin: string) => instances.standing(project, plugin) === "running";
  const faults: unknown[] = [];
  for (const part of [
    async () => tasks.tick(timeMs, await projects.list(), scope),
    async () => qstash.publish(await sweep(runs)),
    drain,
    async () => services.housekeeping(timeMs, await projects.list()),
  ]) {
    await part().catch((error: unknown) => faults.push(error));
  }
  await Promise.all(background);
  await services.logs.flush();
  if (faults.length > 0) throw faults[0];
}
