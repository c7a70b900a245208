import { APP_SECRET } from "../apps.ts";
import { tokens } from "../isolates.ts";
import type { History } from "../world.ts";
import type { Evidence } from "./evidence.ts";

const secrets = [APP_SECRET, ...Object.values(tokens), "s1g-current", "s1g-next"];

/** No log line, kept log entry or dead letter shows what apps and the gateway were configured with. */
export async function checkSecrets(
  { ledger }: History,
  { keys, redis, deadLetters }: Evidence,
): Promise<string[]> {
  const logs = keys.filter(({ key }) => key.endsWith(":log"));
  const kept = await Promise.all(logs.map(({ key }) => redis("ZRANGE", key, "0", "-1")));
  const lines = [...ledger.logs, ...(kept.flat() as string[]), ...deadLetters.map(({ error }) => error)];
  return lines
    .filter((line) => secrets.some((secret) => line.includes(secret)))
    .map((line) => `a secret is in a log: ${line.slice(0, 300)}`);
}
