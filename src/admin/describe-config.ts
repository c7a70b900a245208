import { isDeepStrictEqual } from "node:util";
import { isReference } from "../apps/meta/config.ts";
import type { Place } from "../apps/place.ts";
import type { Environment } from "../settings.ts";

/** What stands for a secret that is set, in PostHog's words; sent back, it means "as it is". */
export const SECRET_PLACEHOLDER = "**************** POSTHOG SECRET FIELD ****************";

/** One field of an app's configuration, as the admin shows it. */
export interface DescribedField {
  key: string;
  name?: string;
  type: string;
  required: boolean;
  secret: boolean;
  /** Null when unset; the placeholder for a secret. */
  value: unknown;
  /** Where the value comes from; null when it is unset. */
  from: "default" | "apps.json" | "setting" | "admin" | null;
  /** The setting that it is read from. */
  setting?: string;
  choices?: readonly string[];
  hint?: string;
}

/** What is shown of a field besides its value. */
type Field = Omit<DescribedField, "value" | "from" | "setting">;

/** What comes from a setting may well be a secret, whatever the manifest says, where it is not one of a few values. */
const TEXTS: ReadonlySet<string> = new Set(["string", "json"]);

/** The fields of the manifest in its order, then what else is configured. */
export function describeConfig(place: Place, environment: Environment): DescribedField[] {
  const { manifest } = place.bundled;
  const fields = manifest.config.flatMap(({ key, name, type, required, secret, choices, hint }): Field[] =>
    key === undefined || type === "attachment"
      ? []
      : [
          {
            key,
            type,
            required,
            secret: secret || (TEXTS.has(type) && isSetting(place, key)),
            ...(name ? { name } : {}),
            ...(choices ? { choices } : {}),
            ...(hint ? { hint } : {}),
          },
        ],
  );
  const named = new Set(fields.map(({ key }) => key));
  const others = Object.keys(place.definition.config)
    .filter((key) => !named.has(key))
    .map((key): Field => ({ key, type: "string", required: false, secret: isSetting(place, key) }));
  return [...fields, ...others].map((field) => describeField(place, field, environment));
}

function describeField(
  { bundled, definition, override }: Place,
  field: Field,
  environment: Environment,
): DescribedField {
  const { key, secret } = field;
  const shown = (value: unknown) =>
    secret && value !== undefined && value !== "" ? SECRET_PLACEHOLDER : (value ?? null);
  if (Object.hasOwn(override?.secrets ?? {}, key) || Object.hasOwn(override?.config ?? {}, key)) {
    return { ...field, value: shown(definition.config[key]), from: "admin" };
  }
  const value = bundled.config[key];
  if (isReference(value)) {
    return { ...field, value: shown(environment[value.env]), from: "setting", setting: value.env };
  }
  if (value === undefined) return { ...field, value: null, from: null };
  const fallback = bundled.manifest.config.find((candidate) => candidate.key === key)?.default;
  return {
    ...field,
    value: shown(value),
    from: isDeepStrictEqual(value, fallback) ? "default" : "apps.json",
  };
}

function isSetting({ bundled, override }: Place, key: string): boolean {
  return !Object.hasOwn(override?.config ?? {}, key) && isReference(bundled.config[key]);
}
