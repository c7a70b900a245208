import { isSet, missingFields, withDefaults } from "../../apps/configuration.ts";
import type { Manifest, ManifestField } from "../../apps/manifest.ts";
import { formatTable } from "../table.ts";

/** How an app's configuration starts out in `apps.json`. */
export interface Draft {
  /** Placeholders for what is required and has no default. */
  config: Record<string, unknown>;
  /** Keys that a person has to see to before the app can run. */
  missing: string[];
}

export function draftConfiguration(plugin: string, manifest: Manifest): Draft {
  const missing = missingFields(manifest, withDefaults(manifest, {}), {});
  const placeholders = fieldsOf(manifest).filter(
    ({ key, type }) => missing.includes(key) && type !== "attachment",
  );
  return {
    config: Object.fromEntries(placeholders.map((field) => [field.key, placeholder(plugin, field)])),
    missing,
  };
}

/** A table of what can be configured; empty when nothing can. */
export function describeConfiguration(plugin: string, manifest: Manifest): string {
  const rows = fieldsOf(manifest).map((field) => [
    field.key,
    field.type === "choice" ? (field.choices ?? []).join(" | ") : field.type,
    field.required ? "required" : "",
    isSet(field.default) ? JSON.stringify(field.default) : "",
    howToSet(plugin, field),
  ]);
  if (rows.length === 0) return "";
  const columns = ["key", "type", "", "default", "how to set it"].map(
    (title) => ({ title, align: "left" }) as const,
  );
  return formatTable(columns, rows);
}

/** The setting that would hold a secret: `webhook-exporter` and `signingSecret` make `WEBHOOK_EXPORTER_SIGNING_SECRET`. */
export function settingName(plugin: string, key: string): string {
  const words = `${plugin}_${key}`.replaceAll(/([a-z\d])([A-Z])/g, "$1_$2");
  return words
    .replaceAll(/\W+/g, "_")
    .toUpperCase()
    .replace(/^(?=\d)/, "_");
}

function howToSet(plugin: string, { key, type, secret }: Field): string {
  if (type === "attachment") return `"attachments": { "${key}": "<a file in plugins/${plugin}>" }`;
  if (!secret) return "";
  const name = settingName(plugin, key);
  return `{ "env": "${name}" }, then npx wrangler secret put ${name}`;
}

function placeholder(plugin: string, { key, type, choices, secret }: Field): unknown {
  if (secret) return { env: settingName(plugin, key) };
  // An empty value is none of the choices, and the build would refuse it.
  return type === "choice" ? choices?.[0] : "";
}

type Field = ManifestField & { key: string };

/** Fields that hold a value; the others are text for people. */
function fieldsOf({ config }: Manifest): Field[] {
  return config.flatMap((field) => (field.key === undefined ? [] : [{ ...field, key: field.key }]));
}
