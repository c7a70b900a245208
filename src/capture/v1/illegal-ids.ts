/**
 * Ids that stand for nobody: the leftovers of a bug in the sender, which would make one person of all its users. In lower
 * case; from PostHog's list.
 */
const ILLEGAL_IDS: ReadonlySet<string> = new Set([
  "anonymous",
  "null",
  "undefined",
  "0",
  "[object object]",
  "nan",
  "none",
  "guest",
  "distinct_id",
  "distinctid",
  "id",
  "not_authenticated",
  "email",
  "true",
  "false",
  "backend",
  "system",
  "00000000-0000-0000-0000-000000000000",
]);

/** Whether events under this `distinct_id` are taken without making a person of it. Case does not matter. */
export function isIllegalId(distinctId: string): boolean {
  return ILLEGAL_IDS.has(distinctId.toLowerCase());
}
