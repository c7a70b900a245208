import type { Environment, Settings } from "../../settings.ts";
import { figure } from "../look/figure.ts";

/** A setting as a page may show it. */
export interface SettingInForce {
  name: string;
  value: string;
  /** Whether someone has set it, or it is as the gateway has it by itself. */
  from: "set" | "default";
}

const HIDDEN = "set, hidden";
const UNSET = "not set";

/**
 * The settings that are in force, by name, without a secret in them. Of what opens something there is only whether it is
 * set; addresses lose names and passwords.
 */
export function settingsInForce(settings: Settings, environment: Environment): SettingInForce[] {
  const { alerts } = settings;
  const secret = (value: unknown) => (value ? HIDDEN : UNSET);
  const isSet = (name: string) => environment[name] !== undefined && environment[name] !== "";
  const given = (name: string) => (isSet(name) ? HIDDEN : UNSET);
  const list = (items: readonly string[], none: string) => (items.length > 0 ? items.join(", ") : none);
  const values: Readonly<Record<string, string>> = {
    PROJECT_TOKENS: settings.projects === "*" ? "* (any)" : settings.projects.join(", "),
    PUBLIC_URL: withoutPassword(settings.publicUrl),
    POSTHOG_HOST: settings.posthogHost === null ? "nowhere" : withoutPassword(settings.posthogHost),
    POSTHOG_ASSETS_HOST:
      settings.posthogAssetsHost === null
        ? "what belongs to POSTHOG_HOST"
        : withoutPassword(settings.posthogAssetsHost),
    POSTHOG_PERSONAL_API_KEY: secret(settings.posthogPersonalApiKey),
    UPSTASH_REDIS_REST_URL: withoutPassword(settings.redis.url),
    UPSTASH_REDIS_REST_TOKEN: secret(settings.redis.token),
    QSTASH_URL: withoutPassword(settings.qstash.url),
    QSTASH_TOKEN: secret(settings.qstash.token),
    QSTASH_CURRENT_SIGNING_KEY: secret(settings.qstash.currentSigningKey),
    QSTASH_NEXT_SIGNING_KEY: secret(settings.qstash.nextSigningKey),
    QSTASH_MAX_MESSAGE_BYTES: `${figure(settings.maxMessageBytes)} bytes`,
    ADMIN_TOKEN: settings.adminTokens
      .map(({ name, access }) => (access === "read" ? `${name} (may only look)` : name))
      .join(", "),
    SECRETS_KEY: secret(settings.secretsKey),
    ALERT_WEBHOOK_URL: secret(alerts.webhookUrl),
    ALERT_EMAIL: alerts.email?.to ?? UNSET,
    RESEND_API_KEY: given("RESEND_API_KEY"),
    GEOIP_DATABASE: isSet("GEOIP_DATABASE") ? "set" : UNSET,
    TRUSTED_PROXIES: list(settings.trustedProxies, "none"),
    PAUSED_PROJECTS: list(settings.pausedProjects, "none"),
    ALLOWED_ORIGINS: list(settings.allowedOrigins, "all"),
    RATE_LIMIT_PER_MINUTE:
      settings.rateLimitPerMinute === null ? "none" : figure(settings.rateLimitPerMinute),
    RATE_LIMIT_EXACT: yesNo(settings.exactRateLimit),
    PATH_PREFIX: settings.pathPrefix || "none",
    CHAIN_BUDGET_SECONDS: `${settings.chainBudgetMs / 1000} s`,
    TASK_TIMEOUT_SECONDS: `${settings.taskTimeoutMs / 1000} s`,
    LOOP_LIMIT: figure(settings.loopLimit),
    SUBREQUEST_BUDGET: figure(settings.subrequestBudget),
    EVENT_SAMPLES:
      settings.eventSamples === "*" ? "of all projects" : list(settings.eventSamples, "of no project"),
    MASKED_FIELDS: list(settings.maskedFields, "none"),
    EXACT_DROPS: yesNo(settings.exactDrops),
    TRUST_PLUGIN_MARKERS: yesNo(settings.trustPluginMarkers),
  };
  return Object.entries(values).map(([name, value]) => ({
    name,
    value,
    from: isSet(name) ? "set" : "default",
  }));
}

function yesNo(flag: boolean): string {
  return flag ? "yes" : "no";
}

function withoutPassword(address: string): string {
  const url = new URL(address);
  if (url.username === "" && url.password === "" && url.search === "") return address;
  url.username = "";
  url.password = "";
  url.search = "";
  return url.href;
}
