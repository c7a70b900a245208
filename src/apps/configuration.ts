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

/** Keys of required fields that have neither a value nor a file. PostHog's form asked for them; the runtime never did. */
export function missingFields(
  manifest: Manifest,
  config: Readonly<Record<string, unknown>>,
  attachments: Readonly<Record<string, unknown>>,
): string[] {
  return manifest.config.flatMap(({ key, type, required }) => {
    if (!required || key === undefined) return [];
    const value = type === "attachment" ? attachments[key] : config[key];
    return value === undefined || value === null || value === "" ? [key] : [];
  });
}

/** Says what is wrong with the value of a field of type choice; undefined when nothing is, or a setting will tell. */
export function choiceFault(field: ManifestField, value: unknown): string | undefined {
  if (field.type !== "choice" || value === undefined || value === null || isReference(value))
    return undefined;
  const choices = field.choices ?? [];
  if (typeof value === "string" && choices.includes(value)) return undefined;
  return `${JSON.stringify(value)} is not one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}`;
}
