import * as z from "zod";

/** Types of fields that have a meaning to the gateway; any other is shown and stored as text. */
export const FIELD_TYPES = [
  "string",
  "attachment",
  "choice",
  "json",
  "dictionary",
  "number",
  "boolean",
  "markdown",
] as const;

/** PostHog sorts fields of the object form by `order`, those without one last. */
const LAST_ORDER = 999_999;

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

/** Published manifests write texts, numbers and `null` too; PostHog looked at truthiness only. */
const flag = z.preprocess((value) => value !== "false" && Boolean(value), z.boolean());

/** Deprecated, and never looked at in the array form: what is no number is none. */
const order = z.preprocess((value) => Number(value) || undefined, z.number().optional());

/** `[field, value]`: holds when that field has this value, or any value when none is named. */
const condition = z.tuple([z.string(), z.unknown().optional()]);

const field = z
  .object({
    /** Name in `meta.config`; a text block for people has none. */
    key: text,
    name: text,
    // An app that PostHog accepted must not fail here because of a type that only PostHog's form would have shown.
    type: z.enum(FIELD_TYPES).catch("string").default("string"),
    default: z.unknown().optional(),
    hint: text,
    markdown: text,
    order,
    required: flag,
    /** Write-only in the admin; the app itself gets the value in clear. */
    secret: flag,
    choices: z.array(z.string()).nullish(),
    required_if: z.array(condition).nullish(),
    visible_if: z.array(condition).nullish(),
  })
  .superRefine((value, context) => {
    if (value.type === "choice" && !value.choices?.length) {
      context.addIssue({
        code: "custom",
        path: ["choices"],
        message: "a field of type choice needs a non-empty array of choices",
      });
    }
  });

const fields = z.preprocess((value) => {
  if (value === null) return [];
  if (typeof value !== "object" || Array.isArray(value)) return value;
  return Object.entries(value as Record<string, { order?: unknown }>)
    .map(([key, entry]) => Object.assign({ key }, entry))
    .toSorted((a, b) => (Number(a.order) || LAST_ORDER) - (Number(b.order) || LAST_ORDER));
}, z.array(field));

const publicJob = z.object({
  payload: z
    .record(
      z.string(),
      z.object({
        type: text,
        title: text,
        required: flag,
        default: z.unknown().optional(),
        staff_only: flag,
      }),
    )
    .nullish(),
});

/**
 * `plugin.json`, as PostHog honoured it (runtime 1): unknown keys are ignored, fields come as an array or keyed by name.
 * `parse({})` is the manifest of an app without the file. Only the compiler may import this value; the gateway imports
 * the types, so that zod stays out of its bundle.
 */
export const manifestSchema = z
  .object({
    name: text,
    description: text,
    url: text,
    /** Entry file, relative to the app's folder. */
    main: text,
    icon: text,
    config: fields.default([]),
    /** Jobs that a person may start, with the form of their payload. */
    publicJobs: z
      .record(z.string(), publicJob)
      .nullish()
      .transform((jobs) => jobs ?? {}),
    stateless: flag,
    posthogVersion: text,
  })
  .superRefine((value, context) => {
    if (value.stateless && value.config.length > 0) {
      context.addIssue({
        code: "custom",
        path: ["stateless"],
        message: "Stateless plugins cannot have a config!",
      });
    }
  });

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestField = Manifest["config"][number];
