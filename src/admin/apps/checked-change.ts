import * as z from "zod";
import { valueFault } from "../../apps/configuration.ts";
import { isReference } from "../../apps/meta/config.ts";
import type { Place } from "../../apps/place.ts";
import type { StoredAttachment } from "../../apps/state/attachments.ts";
import type { Override } from "../../apps/state/override.ts";
import { secretPlace, type Vault } from "../../apps/state/vault.ts";
import { SECRET_PLACEHOLDER } from "../describe-config.ts";
import { jsonObject } from "../parameters.ts";
import { refusalOf } from "../faults.ts";

/** Characters of JSON that one app's configuration may have: all isolates read it whole. */
const MAX_CONFIG_CHARACTERS = 100_000;
const MAX_KEY_CHARACTERS = 200;

/** What a PATCH of an app may hold. `null` goes back to what `apps.json` says; of a secret it keeps what is set. */
export const appChangeSchema = z.strictObject({
  enabled: z.boolean().nullable().optional(),
  order: z.number().nullable().optional(),
  config: jsonObject.optional(),
});
export type AppChange = z.infer<typeof appChangeSchema>;

/** New values that fit their fields; undefined goes back to what `apps.json` says. A secret that is kept is in neither. */
export interface CheckedValues {
  config: Record<string, unknown>;
  /** In clear text. */
  secrets: Record<string, string>;
}

/** Checks new values against the manifest. Throws `Refused`. */
export function checkValues(place: Place, given: NonNullable<AppChange["config"]>): CheckedValues {
  const config: Record<string, unknown> = {};
  const secrets: Record<string, string> = {};
  for (const [key, value] of Object.entries(given)) {
    const field = place.bundled.manifest.config.find((candidate) => candidate.key === key);
    const refuse = (why: string) => refusalOf(`config.${key}`, why);
    if (key === "" || key.length > MAX_KEY_CHARACTERS) {
      throw refuse(`a key has from 1 to ${MAX_KEY_CHARACTERS} characters`);
    }
    if (field?.type === "attachment") throw refuse(`is a file: PUT it to attachments/${key}`);
    if (isReference(value)) throw refuse("a reference to a setting belongs into apps.json");
    if (value === SECRET_PLACEHOLDER) continue;
    if (field?.secret) {
      if (value === null) continue;
      if (typeof value !== "string") throw refuse("a secret is text");
    }
    const fault = field && valueFault(field, value);
    if (fault) throw refuse(fault);
    if (field?.secret && value !== "") secrets[key] = String(value);
    else config[key] = value ?? undefined;
  }
  return { config, secrets };
}

/** A checked change, ready to be stored; undefined removes what an admin had set. */
export interface CheckedChange extends Pick<AppChange, "enabled" | "order"> {
  config?: Readonly<Record<string, unknown>>;
  /** Sealed. */
  secrets?: Readonly<Record<string, string | undefined>>;
  attachments?: Readonly<Record<string, StoredAttachment | undefined>>;
}

/** Checks a change and seals what is secret in it. Throws `Refused`. */
export async function checkChange(
  place: Place,
  { config: given = {}, ...rest }: AppChange,
  vault: Vault | null,
): Promise<CheckedChange> {
  const checked = checkValues(place, given);
  const config: Record<string, unknown> = { ...checked.config };
  // A secret is in one of the two: a new value in one takes the place of what is in the other.
  const secrets: Record<string, string | undefined> = {};
  for (const key of Object.keys(config)) secrets[key] = undefined;
  for (const [key, value] of Object.entries(checked.secrets)) {
    if (!vault) throw refusalOf(`config.${key}`, WITHOUT_KEY);
    secrets[key] = await vault.seal(value, secretPlace(place.project, place.plugin, key));
    config[key] = undefined;
  }
  return { ...rest, config, secrets };
}

/** Why a secret is not stored. */
export const WITHOUT_KEY =
  'is secret, and nothing secret is stored without SECRETS_KEY: set it (openssl rand -base64 32), or give the field {"env": "NAME"} in apps.json';

/**
 * An override with a change made to it. The revision grows when the app has to be set up afresh: its configuration is
 * another, or it was not running and is enabled. Throws `Refused` when it becomes too large.
 */
export function changedOverride(place: Place, current: Override | null, change: CheckedChange): Override {
  const config = withoutUndefined({ ...current?.config, ...change.config });
  const secrets = withoutUndefined<string>({ ...current?.secrets, ...change.secrets });
  const attachments = withoutUndefined<StoredAttachment>({ ...current?.attachments, ...change.attachments });
  if (JSON.stringify([config, secrets]).length > MAX_CONFIG_CHARACTERS) {
    throw refusalOf("config", `is above ${MAX_CONFIG_CHARACTERS} characters of JSON in all`);
  }
  const wasEnabled = current?.enabled ?? place.bundled.enabled;
  const isRevived = change.enabled === true && (!wasEnabled || place.state?.status === "disabled");
  const before = [current?.config ?? {}, current?.secrets ?? {}, current?.attachments ?? {}];
  const isReconfigured = JSON.stringify([config, secrets, attachments]) !== JSON.stringify(before);
  const enabled = change.enabled === undefined ? current?.enabled : change.enabled;
  const order = change.order === undefined ? current?.order : change.order;
  return {
    revision: (current?.revision ?? 0) + (isRevived || isReconfigured ? 1 : 0),
    ...(enabled === null || enabled === undefined ? {} : { enabled }),
    ...(order === null || order === undefined ? {} : { order }),
    config,
    secrets,
    ...(Object.keys(attachments).length > 0 ? { attachments } : {}),
  };
}

function withoutUndefined<Value>(values: Readonly<Record<string, Value | undefined>>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, Value] => entry[1] !== undefined),
  );
}
