import { type Totals, totalsOf } from "../../../src/accounts/read.ts";
import type { DeadLetter } from "../../../src/delivery/dead-letters/letter.ts";
import { keys } from "../../../src/keys.ts";
import { namesIn } from "../network.ts";
import { projects } from "../schedule.ts";
import type { History } from "../world.ts";

/** A dead letter with the names of what is in it. */
export interface FoundLetter extends DeadLetter {
  names: readonly string[];
}

/** What is found in Redis when all is over. */
export interface Evidence {
  totals: ReadonlyMap<string, Totals>;
  deadLetters: readonly FoundLetter[];
  /** Every key with its type and its time to live in seconds: -1 = none. */
  keys: readonly { key: string; type: string; ttl: number }[];
  redis: History["redis"];
}

export async function readEvidence({ redis }: History): Promise<Evidence> {
  const names = ((await redis("KEYS", "*")) as string[]).toSorted();
  const totals = new Map<string, Totals>();
  for (const project of projects) {
    // Those of hours; what else is kept is made of them.
    const accounts = names.filter((key) => key.startsWith(keys.account(project, "2")));
    totals.set(
      project,
      totalsOf((await Promise.all(accounts.map((key) => redis("HGETALL", key)))) as string[][]),
    );
  }
  const deadLetters: FoundLetter[] = [];
  for (const key of names.filter((name) => name.startsWith("dead:entry:"))) {
    const text = String(await redis("GET", key));
    const letter = JSON.parse(text) as DeadLetter;
    deadLetters.push({ ...letter, names: [...namesIn(text)] });
  }
  const left = [];
  for (const key of names) {
    if (key.startsWith("qstash:") && !key.startsWith("qstash:message:")) continue;
    left.push({ key, type: String(await redis("TYPE", key)), ttl: Number(await redis("TTL", key)) });
  }
  return { totals, deadLetters, keys: left, redis };
}

/** A destination as accounts and the ledger name it. */
export function nameOf({ hook, plugin }: { hook: string; plugin?: string }): string {
  return plugin === undefined ? hook : `${hook} ${plugin}`;
}
