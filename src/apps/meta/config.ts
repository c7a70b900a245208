import { createHash } from "node:crypto";
import type { Environment } from "../../settings.ts";
import type { AppDefinition } from "../definition.ts";

/** Hexadecimal digits: enough to tell versions apart, too few to tell anything about a secret. */
const VERSION_LENGTH = 8;

/**
 * An app's configuration with its `{"env": "NAME"}` references read from the settings. Missing ones are reported by
 * name through `onMissing` and left undefined, as an unset field is.
 */
export function resolveConfig(
  definition: AppDefinition,
  environment: Environment,
  onMissing: (field: string, setting: string) => void,
): Record<string, unknown> {
  const resolved: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(definition.config)) {
    if (isReference(value)) {
      resolved[field] = environment[value.env];
      if (environment[value.env] === undefined) onMissing(field, value.env);
    } else {
      resolved[field] = value;
    }
  }
  return resolved;
}

/**
 * An app whose version also changes with the settings that its configuration refers to: an app that was disabled for a
 * wrong key starts afresh once the setting is mended.
 */
export function versionedBySettings(definition: AppDefinition, environment: Environment): AppDefinition {
  const references = Object.values(definition.config).filter(isReference);
  if (references.length === 0) return definition;
  const values = references.map(({ env }) => environment[env] ?? null);
  const hash = createHash("sha256").update(JSON.stringify(values)).digest("hex");
  return { ...definition, version: `${definition.version}-${hash.slice(0, VERSION_LENGTH)}` };
}

/** Whether a configured value stands for a setting: `{"env": "NAME"}` and nothing beside it. */
export function isReference(value: unknown): value is { env: string } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.keys(value).length === 1 && typeof (value as { env?: unknown }).env === "string";
}
