import { deriveId } from "../../../derived-id.ts";
import type { DescribedField } from "../../describe-config.ts";
import type { Fault } from "../../faults.ts";
import { shortened } from "../../look/shorten.ts";
import type { DescribedApp } from "../../shown-apps.ts";
import type { AppChange } from "../checked-change.ts";

type Changes = NonNullable<AppChange["config"]>;

/** Names of an app's controls in the form: the value, whether a secret is to go, whether `apps.json` counts again. */
export const fieldName = (key: string) => `config.${key}`;
export const clearName = (key: string) => `clear.${key}`;
export const resetName = (key: string) => `reset.${key}`;
/** Carries the mark of the value that the form was shown with. */
export const markName = (key: string) => `shown.${key}`;

/** A value as a control has it. */
export function shownText(value: unknown): string {
  return typeof value === "string" ? value : value === null ? "" : JSON.stringify(value, null, 2);
}

/** Tells a value from another in a few characters. */
export function markOf(value: unknown): string {
  // Browsers send lines with both ends, whatever was there.
  return deriveId(shownText(value).replaceAll("\r\n", "\n")).slice(0, MARK_CHARACTERS);
}

const MARK_CHARACTERS = 8;

type Form = Readonly<Record<string, unknown>>;

/**
 * Reads a form into what changes: only what differs from what was shown, so that a value from elsewhere does not become one
 * of the admin's by being saved along with others, and what somebody else has set meanwhile stays. A secret that is left
 * empty stays.
 */
export function readConfigForm({ config }: DescribedApp, form: Form): Changes {
  const changes: Changes = {};
  for (const field of config) {
    const { key, type, secret, value } = field;
    const sent = enteredIn(field, form);
    if (form[clearName(key)] === "1") changes[key] = "";
    else if (form[resetName(key)] === "1") changes[key] = null;
    else if (sent === undefined) continue;
    else if (secret || markOf(sent) !== markOf(value)) {
      changes[key] = type === "dictionary" ? objectIn(sent) : sent;
    }
  }
  return changes;
}

/** Fields of which somebody else has changed the value since the form was shown, and which it changes to something else. */
export function conflictsIn({ config }: DescribedApp, form: Form, changes: Changes): Fault[] {
  return config.flatMap(({ key, secret, value }): Fault[] => {
    const mark = form[markName(key)];
    if (secret || !Object.hasOwn(changes, key) || mark === undefined || mark === markOf(value)) return [];
    const now = value === null ? "nothing" : shortened(JSON.stringify(value));
    return [{ field: fieldName(key), why: `has become ${now} meanwhile: save again to replace that` }];
  });
}

/** The values that a person has entered, by control, but for secrets: these are entered again. */
export function enteredValues({ config }: DescribedApp, form: Form): Record<string, string> {
  return Object.fromEntries(
    config.flatMap((field) => {
      const sent = field.secret ? undefined : enteredIn(field, form);
      return sent === undefined ? [] : [[fieldName(field.key), sent]];
    }),
  );
}

/** What was sent for a field, unless it is as it was shown. */
function enteredIn({ key, secret }: DescribedField, form: Form): string | undefined {
  const sent = form[fieldName(key)];
  if (typeof sent !== "string" || (secret && sent === "")) return undefined;
  return !secret && markOf(sent) === form[markName(key)] ? undefined : sent.replaceAll("\r\n", "\n");
}

/** Apps get an object; what is none is refused as the text that it is. */
function objectIn(text: string): Changes[string] {
  try {
    return JSON.parse(text) as Changes[string];
  } catch {
    return text;
  }
}
