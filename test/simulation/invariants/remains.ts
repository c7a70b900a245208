import type { History } from "../world.ts";
import type { Evidence } from "./evidence.ts";

/** Keys that live for as long as an app or an admin wants: one for each project, or what apps keep themselves. */
const KEPT = /^(apps:|app:[^:]+:[^:]+:(cache|storage):)/;
/** What holds work, or the right to do it. */
const WORK = /^(export:|oversize:|spool|task:.*:lease$|qstash:message:)/;
/**
 * An outbox of at most so many characters may stay for its time: it has been published. A larger one may where a call of its
 * message's own work to Redis went wrong, which was perhaps to say so.
 */
const SMALL_OUTBOX_CHARACTERS = 4000;

/** In the end nothing waits, nobody holds anything, and whatever is left ends by itself. */
export async function checkRemains(
  { qstashDeadLetters, ledger }: History,
  { keys, redis }: Evidence,
): Promise<string[]> {
  const violations: string[] = [];
  if (qstashDeadLetters > 0) violations.push(`QStash gave up on ${qstashDeadLetters} messages`);
  for (const { key, ttl } of keys) {
    if (WORK.test(key)) violations.push(`${key} is left`);
    else if (ttl < 0 && !KEPT.test(key)) violations.push(`${key} has no life time`);
    else if (key.endsWith(":outbox") && !ledger.unheard.has(workOf(key))) {
      const isSmall = String(await redis("GET", key)).length <= SMALL_OUTBOX_CHARACTERS;
      if (!isSmall) violations.push(`${key} is left, and large`);
    }
  }
  return violations;
}

/** The work of a message, as stories name it, by a key of its progress. */
function workOf(key: string): string {
  const [, route, id = ""] = key.split(":");
  return `/_gateway/${route} ${id.slice(-12)}`;
}
