import { Buffer } from "node:buffer";
import { parseAdminTokens } from "../admin/access/tokens.ts";
import type { AppDefinition } from "../apps/definition.ts";
import { isReference } from "../apps/meta/config.ts";
import type { Environment } from "../settings.ts";
import { createMask, type Mask } from "./mask.ts";

/** Settings whose values no log may show. */
const SECRET_SETTINGS = [
  "ADMIN_TOKEN",
  "ALERT_WEBHOOK_URL",
  "POSTHOG_PERSONAL_API_KEY",
  "QSTASH_TOKEN",
  "QSTASH_CURRENT_SIGNING_KEY",
  "QSTASH_NEXT_SIGNING_KEY",
  "REDIS_URL",
  "RESEND_API_KEY",
  "SECRETS_KEY",
  "UPSTASH_REDIS_REST_TOKEN",
] as const;

/** Strings within a secret that is a JSON document are secrets of their own when they are this long: a private key is. */
const MIN_INNER_CHARACTERS = 8;
const MAX_DEPTH = 8;

/** What must not be shown, known as far as instances have been made. */
export interface Secrets {
  /** A mask for one app: its own values and the gateway's. Compiled when something is logged for the first time. */
  maskFor(values: readonly string[]): Mask;
  /** Covers everything known so far: for lines that are rare and belong to no app. */
  mask: Mask;
}

export function createSecrets(environment: Environment): Secrets {
  const own = SECRET_SETTINGS.map((name) => environment[name])
    .filter((value) => typeof value === "string")
    .concat(adminSecrets(environment["ADMIN_TOKEN"]));
  const known = new Set<string>(own);
  let maskKnown = createMask(known);
  let compiled = known.size;
  return {
    maskFor(values) {
      for (const value of values) known.add(value);
      let mask: Mask | undefined;
      return (text, maxCharacters) => {
        mask ??= createMask([...own, ...values]);
        return mask(text, maxCharacters);
      };
    },
    mask(text, maxCharacters) {
      if (known.size > compiled) {
        maskKnown = createMask(known);
        compiled = known.size;
      }
      return maskKnown(text, maxCharacters);
    },
  };
}

/** Where `ADMIN_TOKEN` holds several tokens, each of them. */
function adminSecrets(setting: unknown): string[] {
  const parsed = parseAdminTokens(typeof setting === "string" ? setting : "");
  return "tokens" in parsed ? parsed.tokens.map(({ secret }) => secret) : [];
}

/**
 * The secrets among an app's resolved configuration: fields that the manifest calls secret, attachments too, and all that
 * came from a setting.
 */
export function secretsOf(definition: AppDefinition, config: Readonly<Record<string, unknown>>): string[] {
  const fields = definition.manifest.config ?? [];
  const isSecret = (name: string) => fields.some(({ key, secret }) => key === name && secret);
  const values = Object.entries(config)
    .filter(([name]) => isSecret(name) || isReference(definition.config[name]))
    .map(([, value]) => value);
  const files = Object.entries(definition.attachments)
    .filter(([name]) => isSecret(name))
    .map(([, { contents }]) => Buffer.from(contents, "base64").toString());
  return [...values, ...files].flatMap((value) => stringsIn(value, 0));
}

function stringsIn(value: unknown, depth: number): string[] {
  if (depth > MAX_DEPTH) return [];
  if (typeof value === "number") return [String(value)];
  if (typeof value === "object" && value !== null) {
    return Object.values(value).flatMap((inner) => stringsIn(inner, depth + 1));
  }
  if (typeof value !== "string") return [];
  return [
    value,
    ...stringsIn(parseDocument(value), depth + 1).filter(({ length }) => length >= MIN_INNER_CHARACTERS),
  ];
}

/** A JSON document given as text, as a service account's key is; undefined for any other text. */
function parseDocument(text: string): object | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    // Text that only looks like JSON is covered as a whole.
    return undefined;
  }
}
