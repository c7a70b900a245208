import { setTimeout as sleep } from "node:timers/promises";
import type { Stack } from "../../local/stack.ts";

/** When it is not done by then, it never will be. */
const TIMEOUT_MS = 20_000;
const POLL_MS = 5;

/** Resolves once the condition holds. Rejects, with `what` was waited for, when it does not in time. */
export async function settled(condition: () => boolean, what: string): Promise<void> {
  const deadlineMs = Date.now() + TIMEOUT_MS;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error(`${what} was not done within ${TIMEOUT_MS / 1000} s`);
    await sleep(POLL_MS);
  }
}

/** Whether every message that QStash accepted has been delivered. */
export function isQuiet(stack: Stack): boolean {
  const { published, delivered, deadLettered } = stack.counters().qstash;
  return delivered + deadLettered >= published;
}
