import type { DescribedApp } from "../../shown-apps.ts";
import type { AppChange } from "../checked-change.ts";

type Changes = NonNullable<AppChange["config"]>;

/** Names of an app's controls in the form: the value, whether a secret is to go, whether `apps.json` counts again. */
export const fieldName = (key: string) => `config.${key}`;
export const clearName = (key: string) => `clear.${key}`;
export const resetName = (key: string) => `reset.${key}`;

/**
 * Reads a form into what changes: only what differs from what was shown, so that a value from elsewhere does not become one
 * of the admin's by being saved along with others. A secret that is left empty stays.
 */
export function readConfigForm({ config }: DescribedApp, form: Readonly<Record<string, unknown>>): Changes {
  const changes: Changes = {};
  for (const { key, type, secret, value } of config) {
    // Browsers send lines with both ends, whatever was there.
    const sent = textOf(form[fieldName(key)])?.replaceAll("\r\n", "\n");
    if (form[clearName(key)] === "1") changes[key] = "";
    else if (form[resetName(key)] === "1") changes[key] = null;
    else if (sent === undefined || (secret && sent === "")) continue;
    else if (secret || !isShown(sent, value)) changes[key] = type === "dictionary" ? objectIn(sent) : sent;
  }
  return changes;
}

/** The controls' values as they were sent, but for secrets: these are entered again. */
export function enteredValues(
  { config }: DescribedApp,
  form: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const values: Record<string, string> = {};
  for (const { key, secret } of config) {
    const sent = textOf(form[fieldName(key)]);
    if (!secret && sent !== undefined) values[fieldName(key)] = sent;
  }
  return values;
}

/** Apps get an object; what is none is refused as the text that it is. */
function objectIn(text: string): Changes[string] {
  try {
    return JSON.parse(text) as Changes[string];
  } catch {
    return text;
  }
}

function isShown(sent: string, value: unknown): boolean {
  if (value === null) return sent === "";
  return (
    sent === (typeof value === "string" ? value.replaceAll("\r\n", "\n") : JSON.stringify(value, null, 2))
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
