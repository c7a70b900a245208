import type { Environment } from "../../settings.ts";
import type { AppDefinition } from "../definition.ts";

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

/** Whether a configured value stands for a setting: `{"env": "NAME"}` and nothing beside it. */
export function isReference(value: unknown): value is { env: string } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.keys(value).length === 1 && typeof (value as { env?: unknown }).env === "string";
}
