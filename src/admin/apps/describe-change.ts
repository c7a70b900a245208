import type { AuditEntry } from "../audit.ts";
import type { DescribedApp } from "../shown-apps.ts";
import type { CheckedChange } from "./checked-change.ts";

const MAX_VALUE_CHARACTERS = 80;

/** Says what a change of an app came to, for the audit list: what a secret was or is does not stand there. */
export function describeChange(
  before: DescribedApp,
  after: DescribedApp,
  { enabled, order, config = {}, secrets = {}, attachments = {} }: CheckedChange,
): Pick<AuditEntry, "what" | "details"> {
  const details: string[] = [];
  const note = (name: string, from: unknown, to: unknown) => {
    if (textOf(from) !== textOf(to)) details.push(`${name}: ${textOf(from)} → ${textOf(to)}`);
  };
  if (enabled !== undefined) note("enabled", before.enabled, after.enabled);
  if (order !== undefined) note("position in the chain", before.position, after.position);
  for (const key of Object.keys({ ...config, ...secrets })) {
    const [old, now] = [fieldOf(before, key), fieldOf(after, key)];
    if (secrets[key] === undefined) note(`config.${key}`, old?.value, now?.value);
    else details.push(`config.${key}: a new secret`);
  }
  for (const [key, stored] of Object.entries(attachments)) {
    details.push(
      `attachments.${key}: ${stored ? `${textOf(stored.file_name)}, ${stored.bytes} bytes` : "as in apps.json"}`,
    );
  }
  return { what: whatOf(enabled, order), details };
}

function whatOf(enabled: CheckedChange["enabled"], order: CheckedChange["order"]): string {
  if (enabled !== undefined)
    return enabled === null ? "enabled as in apps.json" : enabled ? "enabled" : "disabled";
  return order === undefined ? "configured" : "moved";
}

function fieldOf({ config }: DescribedApp, key: string): DescribedApp["config"][number] | undefined {
  return config.find((field) => field.key === key);
}

function textOf(value: unknown): string {
  const text = typeof value === "string" && value !== "" ? value : JSON.stringify(value ?? null);
  return text.length > MAX_VALUE_CHARACTERS ? `${text.slice(0, MAX_VALUE_CHARACTERS)}…` : text;
}
