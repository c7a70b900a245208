import { setTimeout as sleep } from "node:timers/promises";
import type { Dependency, Faults } from "./faults.ts";
import { processes, type World } from "./world.ts";

/** Outages of the level at which everything fails, one after the other with a pause between them. */
const OUTAGES: readonly (readonly Dependency[])[] = [
  ["posthog"],
  ["redis"],
  ["export", "hooks"],
  ["qstash"],
  ["delivery"],
  ["redis", "qstash"],
];

/** Lets faults happen while events are sent, and kills each process once. */
export async function disturb(
  world: World,
  faults: Faults,
  { share, sendMs, progress }: { share: number; sendMs: number; progress: (line: string) => void },
): Promise<void> {
  if (share === 0) return;
  if (share < 1) faults.set(share);
  const crashes = async () => {
    for (const name of processes) {
      await sleep(sendMs / (processes.length + 1));
      progress(`kill -9 ${name} (process ${world.pids()[name]})`);
      await world.crash(name);
    }
  };
  const outages = async () => {
    for (const away of share < 1 ? [] : OUTAGES) {
      progress(`away: ${away.join(" and ")}`);
      faults.set(1, away);
      await sleep((sendMs / OUTAGES.length) * 0.8);
      faults.set(0, away);
      await sleep((sendMs / OUTAGES.length) * 0.2);
    }
  };
  await Promise.all([crashes(), outages()]);
}
