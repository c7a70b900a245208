import { Buffer } from "node:buffer";
import * as z from "zod";
import { type AdminToken, parseAdminTokens } from "./admin/access/tokens.ts";

/** What the gateway is configured with, parsed once at the start (see the README's table of settings). */
export interface Settings {
  /** Tokens of the projects served, or `"*"` for any. */
  projects: readonly string[] | "*";
  /** Origin and path at which QStash reaches the gateway, without a trailing slash. */
  publicUrl: string;
  /** Where processed events go; null = nowhere. No trailing slash. */
  posthogHost: string | null;
  /** Where assets come from; null = what belongs to `posthogHost`. */
  posthogAssetsHost: string | null;
  /** For `posthog.api`. */
  posthogPersonalApiKey: string | null;
  redis: { url: string; token: string };
  qstash: { url: string; token: string; currentSigningKey: string; nextSigningKey: string };
  /** Open `/admin`; none = there is no `/admin`. */
  adminTokens: readonly AdminToken[];
  /** 32 bytes under which secret configuration values are kept; null = none may be stored. */
  secretsKey: Uint8Array | null;
  /** Where a disabled app is reported. */
  alerts: {
    webhookUrl: string | null;
    email: { to: string; from: string; apiKey: string; resendUrl: string } | null;
  };
  /** Addresses whose `X-Forwarded-For` is believed. */
  trustedProxies: readonly string[];
  /** Serves every route below this path too, `""` for none. */
  pathPrefix: string;
  /** Tokens of projects whose events are thrown away for now. */
  pausedProjects: readonly string[];
  /** Origins whose pages may send events; none = all. */
  allowedOrigins: readonly string[];
  /** Events a minute and project, and requests a minute and address, in each isolate; null = unlimited. */
  rateLimitPerMinute: number | null;
  /** Counts a project's events in Redis, for all isolates together. */
  exactRateLimit: boolean;
  chainBudgetMs: number;
  taskTimeoutMs: number;
  /** Iterations that the loops of one call in an app may make. */
  loopLimit: number;
  /** Outgoing requests that one invocation of the Worker may make. */
  subrequestBudget: number;
  maxMessageBytes: number;
  /** Bytes of Redis that messages may take while QStash does not. */
  spoolMaxBytes: number;
  /** Publishes a message to account for a request whose events were all dropped. */
  exactDrops: boolean;
  /** Tokens of projects of which some events are kept for people to look at, or `"*"` for all. */
  eventSamples: readonly string[] | "*";
  /** Names of fields whose values are not kept of these. */
  maskedFields: readonly string[];
  /** Believe `$plugins_*` markers that a client sent. */
  trustPluginMarkers: boolean;
}

/** Settings as a platform supplies them: Worker bindings, or the environment of a process. */
export type Environment = Readonly<Record<string, unknown>>;

export type ParsedSettings = { settings: Settings } | { faults: readonly string[] };

const list = z.string().transform((text) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean),
);
const required = (purpose: string) =>
  z
    .string({ error: `is missing: ${purpose}` })
    .trim()
    .min(1, `is empty: ${purpose}`);
const address = (purpose: string) =>
  required(purpose)
    .refine(
      (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
      "is not an http(s) address, for instance https://edge.example.com",
    )
    .transform((text) => text.replace(/\/+$/, ""));
const number = (min: number, max: number, fallback: number) =>
  z.coerce
    .number({ error: `is not a number: give one from ${min} to ${max}` })
    .min(min, `is below ${min}`)
    .max(max, `is above ${max}`)
    .default(fallback);
const flag = z
  .enum(["0", "1"], { error: "is neither 0 nor 1" })
  .default("0")
  .transform((text) => text === "1");

const SECRETS_KEY_BYTES = 32;
const ORIGIN = /^(?:\*|null|(?:[a-z][a-z\d+.-]*:\/\/)?(?:\*\.)?[^\s/*]+\/?)$/i;

const schema = z.object({
  PROJECT_TOKENS: required(
    "name the project API tokens served, separated by commas (phc_…), or * for any while developing",
  )
    .pipe(list)
    .refine((tokens) => tokens.every((token) => !token.startsWith("phx_")), {
      error: "holds a personal API key (phx_…): use the project's API token (phc_…)",
    }),
  PUBLIC_URL: address("give the address at which QStash reaches this gateway"),
  POSTHOG_HOST: address("").optional(),
  POSTHOG_ASSETS_HOST: address("").optional(),
  POSTHOG_PERSONAL_API_KEY: z.string().optional(),
  UPSTASH_REDIS_REST_URL: address("copy it from the Upstash console, Redis, REST API"),
  UPSTASH_REDIS_REST_TOKEN: required("copy it from the Upstash console, Redis, REST API"),
  QSTASH_URL: address("").default("https://qstash.upstash.io"),
  QSTASH_TOKEN: required("copy it from the Upstash console, QStash"),
  QSTASH_CURRENT_SIGNING_KEY: required("copy it from the Upstash console, QStash, Signing keys"),
  QSTASH_NEXT_SIGNING_KEY: required("copy it from the Upstash console, QStash, Signing keys"),
  ADMIN_TOKEN: z
    .string()
    .transform((text, context) => {
      const parsed = parseAdminTokens(text);
      if ("tokens" in parsed) return parsed.tokens;
      for (const message of parsed.faults) context.addIssue(message);
      return z.NEVER;
    })
    .default([]),
  SECRETS_KEY: z
    .string()
    .transform((text) => Buffer.from(text, "base64"))
    .refine((key) => key.length === SECRETS_KEY_BYTES, {
      error: "is not 32 bytes in base64: make one by `openssl rand -base64 32`",
    })
    .optional(),
  ALERT_WEBHOOK_URL: address("").optional(),
  ALERT_EMAIL: z.email({ error: "is not an e-mail address" }).optional(),
  ALERT_FROM: z.string().default("Edgehog <onboarding@resend.dev>"),
  RESEND_API_KEY: z.string().optional(),
  RESEND_URL: address("").default("https://api.resend.com"),
  TRUSTED_PROXIES: list.default([]),
  PAUSED_PROJECTS: list.default([]),
  ALLOWED_ORIGINS: list
    .refine((origins) => origins.every((origin) => ORIGIN.test(origin)), {
      error: "holds something that is no origin: write https://shop.example or https://*.shop.example",
    })
    .default([]),
  RATE_LIMIT_PER_MINUTE: z.coerce
    .number({ error: "is not a number: give events per minute" })
    .int("is not a whole number")
    .min(1, "is below 1")
    .optional(),
  RATE_LIMIT_EXACT: flag,
  PATH_PREFIX: z
    .string()
    .regex(/^(\/[\w.~-]+)+\/?$/, "is not a path such as /ingest")
    .transform((path) => path.replace(/\/$/, ""))
    .default(""),
  // With 2 s for QStash and 1 s for the spool an SDK hears the answer before it gives up, after 10.
  CHAIN_BUDGET_SECONDS: number(0.1, 6.5, 6),
  TASK_TIMEOUT_SECONDS: number(0.1, 600, 30),
  LOOP_LIMIT: number(1000, 1_000_000_000_000, 100_000_000),
  SUBREQUEST_BUDGET: number(10, 10_000_000, 40),
  QSTASH_MAX_MESSAGE_BYTES: number(10_000, 50_000_000, 1_000_000),
  SPOOL_MAX_BYTES: number(100_000, 1_000_000_000_000, 100_000_000),
  EXACT_DROPS: flag,
  EVENT_SAMPLES: z.string().default("1").pipe(list),
  MASKED_FIELDS: list.default([]),
  TRUST_PLUGIN_MARKERS: flag,
});

/** Names of all settings that {@link readSettings} looks at. */
export const settingNames: readonly string[] = Object.keys(schema.shape);

const consistent = schema
  .refine(({ POSTHOG_HOST, PUBLIC_URL }) => POSTHOG_HOST === undefined || POSTHOG_HOST !== PUBLIC_URL, {
    path: ["POSTHOG_HOST"],
    error: "is this gateway's own address: events would go round for ever",
  })
  .refine(({ ALERT_EMAIL, RESEND_API_KEY }) => ALERT_EMAIL === undefined || RESEND_API_KEY !== undefined, {
    path: ["ALERT_EMAIL"],
    error: "needs RESEND_API_KEY, by which mails are sent: copy one from the Resend console",
  });

/**
 * Reads the settings of `environment`. An empty value counts as absent. Faults come back one line each, all of them at
 * once, named by setting, so that a person mends them in one go.
 */
export function readSettings(environment: Environment): ParsedSettings {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => name in schema.shape && value !== ""),
  );
  const parsed = consistent.safeParse(given);
  if (!parsed.success) {
    return { faults: parsed.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`) };
  }
  const values = parsed.data;
  return {
    settings: {
      projects: values.PROJECT_TOKENS.includes("*") ? "*" : values.PROJECT_TOKENS,
      publicUrl: values.PUBLIC_URL,
      posthogHost: values.POSTHOG_HOST ?? null,
      posthogAssetsHost: values.POSTHOG_ASSETS_HOST ?? null,
      posthogPersonalApiKey: values.POSTHOG_PERSONAL_API_KEY ?? null,
      redis: { url: values.UPSTASH_REDIS_REST_URL, token: values.UPSTASH_REDIS_REST_TOKEN },
      qstash: {
        url: values.QSTASH_URL,
        token: values.QSTASH_TOKEN,
        currentSigningKey: values.QSTASH_CURRENT_SIGNING_KEY,
        nextSigningKey: values.QSTASH_NEXT_SIGNING_KEY,
      },
      adminTokens: values.ADMIN_TOKEN,
      secretsKey: values.SECRETS_KEY ?? null,
      alerts: {
        webhookUrl: values.ALERT_WEBHOOK_URL ?? null,
        email:
          values.ALERT_EMAIL && values.RESEND_API_KEY
            ? {
                to: values.ALERT_EMAIL,
                from: values.ALERT_FROM,
                apiKey: values.RESEND_API_KEY,
                resendUrl: values.RESEND_URL,
              }
            : null,
      },
      trustedProxies: values.TRUSTED_PROXIES,
      pathPrefix: values.PATH_PREFIX,
      pausedProjects: values.PAUSED_PROJECTS,
      allowedOrigins: values.ALLOWED_ORIGINS,
      exactRateLimit: values.RATE_LIMIT_EXACT,
      rateLimitPerMinute: values.RATE_LIMIT_PER_MINUTE ?? null,
      chainBudgetMs: values.CHAIN_BUDGET_SECONDS * 1000,
      taskTimeoutMs: values.TASK_TIMEOUT_SECONDS * 1000,
      loopLimit: values.LOOP_LIMIT,
      subrequestBudget: values.SUBREQUEST_BUDGET,
      maxMessageBytes: values.QSTASH_MAX_MESSAGE_BYTES,
      spoolMaxBytes: values.SPOOL_MAX_BYTES,
      exactDrops: values.EXACT_DROPS,
      eventSamples: samplesOf(values.EVENT_SAMPLES),
      maskedFields: values.MASKED_FIELDS,
      trustPluginMarkers: values.TRUST_PLUGIN_MARKERS,
    },
  };
}

/** `1` stands for all projects, `0` for none. */
function samplesOf(given: readonly string[]): readonly string[] | "*" {
  if (given.includes("1")) return "*";
  return given.filter((token) => token !== "0");
}
