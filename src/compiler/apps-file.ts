import * as z from "zod";
import { LOG_LEVEL_NAMES } from "../apps/definition.ts";
import type { Report } from "./faults.ts";
import type { JsonDocument } from "./jsonc.ts";
import { parseJson } from "./read-manifest.ts";

const listing = z.strictObject({
  plugin: z.string().min(1).describe("The app's folder in plugins/"),
  enabled: z.boolean().default(true).describe("false: compiled, but runs only once the admin enables it"),
  projects: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe("Project tokens that it runs for; without them, all that the gateway serves"),
  config: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Values by field key; {"env": "NAME"} reads a setting'),
  attachments: z
    .record(z.string(), z.string())
    .default({})
    .describe("Files in the app's folder, by field key"),
  sequential: z.boolean().default(false).describe("true: a request's events one after the other"),
  whilePending: z
    .enum(["skip", "refuse"])
    .default("skip")
    .describe("What happens to events while set-up is pending: refuse answers 503"),
  logLevel: z
    .enum(LOG_LEVEL_NAMES)
    .optional()
    .describe("The least serious level of its log that is written and kept; everything without it"),
});

/** `plugins/apps.json`: which apps run, in which order, with which configuration. Unknown keys are faults. */
export const appsFileSchema = z.strictObject({
  $schema: z.string().optional(),
  apps: z.array(listing).describe("The order is the order of the chain"),
});

/** One entry of `apps.json`, defaults filled in. */
export type Listing = z.infer<typeof listing>;

export interface AppsFile {
  listings: readonly Listing[];
  document: JsonDocument;
}

/** Parses `apps.json`; undefined when it is broken, which is reported. */
export function parseAppsFile(text: string, file: string, report: Report): AppsFile | undefined {
  const parsed = parseJson(appsFileSchema, text, { file }, report);
  return parsed && { listings: parsed.value.apps, document: parsed.document };
}

/** JSON schema of the file, for editors. */
export function appsFileJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(appsFileSchema, { io: "input" }), null, 2)}\n`;
}
