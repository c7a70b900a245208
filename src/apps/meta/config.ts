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
    const setting = settingNamed(value);
    if (setting === null) {
      resolved[field] = value;
    } else {
      resolved[field] = environment[setting];
      if (environment[setting] === undefined) onMissing(field, setting);
    }
  }
  return resolved;
}

function settingNamed(value: unknown): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const names = Object.keys(value);
  const name = (value as { env?: unknown }).env;
  return names.length === 1 && typeof name === "string" ? name : null;
}
