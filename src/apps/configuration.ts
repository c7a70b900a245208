import type { Manifest, ManifestField } from "./manifest.ts";
import { isReference } from "./meta/config.ts";

/** Configuration as the app gets it, but for references to settings: the manifest's defaults, then what is configured. */
export function withDefaults(
  manifest: Manifest,
  configured: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const defaults = manifest.config.flatMap(({ key, type, default: value }) =>
    key === undefined || type === "attachment" || value === undefined || value === null
      ? []
      : [[key, value] as const],
  );
  return { ...Object.fromEntries(defaults), ...configured };
}

/**
 * Keys of fields that are required, given the values of the others, and have neither a value nor a file. PostHog's
 * form asked for them; the runtime never did. What `visible_if` hides is not asked for.
 */
export function missingFields(
  manifest: Manifest,
  config: Readonly<Record<string, unknown>>,
  attachments: Readonly<Record<string, unknown>>,
): string[] {
  const values = { ...config, ...attachments };
  return manifest.config.flatMap((field) => {
    const { key, required_if: requiredIf } = field;
    if (key === undefined || isSet(values[key]) || !isVisible(field, values)) return [];
    const required = field.required || (requiredIf?.length ? holds(requiredIf, values) : false);
    return required ? [key] : [];
  });
}

/** Whether the form shows a field, given the values of the others. */
export function isVisible(
  { visible_if: visibleIf }: ManifestField,
  values: Readonly<Record<string, unknown>>,
): boolean {
  return !visibleIf?.length || holds(visibleIf, values);
}

/** All conditions hold: each field has the value named, or, where none is named, any. */
function holds(
  conditions: readonly (readonly [string, unknown?])[],
  values: Readonly<Record<string, unknown>>,
): boolean {
  return conditions.every(([key, wanted]) => {
    const value = values[key];
    if (wanted === undefined || wanted === null) return isSet(value);
    // A form sends text, whatever the manifest says.
    return textOf(value) === textOf(wanted);
  });
}

/** Whether a field counts as filled in. */
export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

/** Conditions that can never hold, since they ask for a field that does not exist; a line each. */
export function idleConditions({ config }: Manifest): string[] {
  const keys = new Set(config.map(({ key }) => key));
  return config.flatMap((field) =>
    (["required_if", "visible_if"] as const).flatMap((name) =>
      (field[name] ?? [])
        .filter(([asked]) => !keys.has(asked))
        .map(([asked]) => `${field.key ?? "a text"}: ${name} asks for ${asked}, and there is no such field`),
    ),
  );
}

/**
 * Says what keeps a value from being one of its field's type; undefined when nothing does. An unset value is not at
 * fault.
 */
export function valueFault(field: ManifestField, value: unknown): string | undefined {
  if (!isSet(value) || isReference(value)) return undefined;
  switch (field.type) {
    case "choice":
      return choiceFault(field, value);
    case "json":
    case "dictionary":
      return typeof value === "string" && !isJson(value) ? "is not JSON" : undefined;
    case "number":
      return Number.isFinite(Number(value)) ? undefined : "is not a number";
    case "boolean":
      return ["true", "false"].includes(textOf(value)) ? undefined : "is neither true nor false";
    case "string":
    case "attachment":
    case "markdown":
      return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Says what is wrong with the value of a field of type choice; undefined when nothing is, or a setting will tell. */
export function choiceFault(field: ManifestField, value: unknown): string | undefined {
  if (field.type !== "choice" || value === undefined || value === null || isReference(value))
    return undefined;
  const choices = field.choices ?? [];
  if (typeof value === "string" && choices.includes(value)) return undefined;
  return `${JSON.stringify(value)} is not one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}`;
}
