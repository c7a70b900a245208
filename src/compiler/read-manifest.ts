import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type * as z from "zod";
import { idleConditions } from "../apps/configuration.ts";
import { FIELD_TYPES, type Manifest, manifestSchema } from "../apps/manifest.ts";
import type { Fault, Report } from "./faults.ts";
import { type JsonDocument, JsonError, readJsonc } from "./jsonc.ts";
import { posthogVersionFault } from "./posthog-version.ts";

/** Reads an app's `plugin.json`; without the file, the manifest of `{}`. Undefined when it is broken, which is reported. */
export async function readManifest(
  app: string,
  directory: string,
  file: string,
  report: Report,
): Promise<Manifest | undefined> {
  const text = await readIfPresent(join(directory, "plugin.json"));
  if (text === undefined) return manifestSchema.parse({});
  const parsed = parseJson(manifestSchema, text, { app, file }, report);
  if (!parsed) return undefined;
  const { value: manifest, document } = parsed;
  const message = posthogVersionFault(manifest.posthogVersion ?? "");
  if (message) {
    const place = document.placeOf(["posthogVersion"]);
    report.faults.push({ app, file, ...place, message: `posthogVersion: ${message}` });
  }
  const secretChoices = manifest.config
    .filter(({ type, secret }) => type === "choice" && secret)
    .map(({ key }) => `${key}: a choice cannot be secret; PostHog marked it as invalid`);
  for (const remark of [...secretChoices, ...idleConditions(manifest)]) {
    report.warnings.push({ app, file, message: remark });
  }
  for (const fault of unknownTypes(document)) report.warnings.push({ app, file, ...fault });
  return manifest;
}

/**
 * Field types that nobody knows, as warnings: an app that PostHog accepted builds all the same, and an author hears
 * of a typing error.
 */
function unknownTypes(document: JsonDocument): Omit<Fault, "file">[] {
  const { config } = document.value as { config?: Record<string, unknown> | null };
  return Object.entries(config ?? {}).flatMap(([name, field]) => {
    const type = (field as { type?: unknown } | null)?.type;
    if (typeof type !== "string" || FIELD_TYPES.some((known) => known === type)) return [];
    const path = ["config", Array.isArray(config) ? Number(name) : name, "type"];
    const message = `${path.join(".")}: "${type}" is no type of field, it is treated as text`;
    return [{ ...document.placeOf(path), message, hint: `there are ${FIELD_TYPES.join(", ")}` }];
  });
}

/** Parses a JSON file and validates it; every fault is reported with its place and path. */
export function parseJson<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  about: { app?: string; file: string },
  report: Report,
): { value: z.infer<Schema>; document: JsonDocument } | undefined {
  let document: JsonDocument;
  try {
    document = readJsonc(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    report.faults.push({ ...about, ...error.place, message: error.message });
    return undefined;
  }
  const result = schema.safeParse(document.value);
  if (result.success) return { value: result.data, document };
  for (const { path, message } of result.error.issues) {
    const name = path.map(String).join(".");
    report.faults.push({
      ...about,
      ...document.placeOf(path),
      message: name ? `${name}: ${message}` : message,
    });
  }
  return undefined;
}

/** The text of a file; undefined when there is none. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
