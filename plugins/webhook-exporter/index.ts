import { createHmac } from "crypto";
import {
  type Plugin,
  type PluginMeta,
  type ProcessedPluginEvent,
  RetryError,
} from "@posthog/plugin-scaffold";

type Config = { url?: string; headerName?: string; headerValue?: string; signingSecret?: string };
type WebhookExporter = Plugin<{ config: Config }>;

/** Below the 30 seconds that the gateway gives a hook, so that the failure is told in our words. */
const REQUEST_TIMEOUT_MS = 20_000;

/** Enough of a refusal to see its reason, too little to fill the log. */
const MAX_REASON_CHARACTERS = 200;

/** Throws when nothing could ever be sent with this configuration. */
export function setupPlugin({ config }: PluginMeta<WebhookExporter>) {
  const { username, password } = addressOf(config);
  if (username || password) {
    throw new Error("url holds a name or password; send them in a header: headerName and headerValue");
  }
  if (config.headerValue && !/^[\w!#$%&'*+.^`|~-]+$/.test(config.headerName ?? "")) {
    throw new Error("headerName is not the name of a header; set it to one like Authorization");
  }
  if (/[^\t\x20-\x7e]/.test(config.headerValue ?? "")) {
    throw new Error("headerValue has characters that no header can carry; set it to plain text in one line");
  }
}

/**
 * Posts `{"events": […]}`. Throws RetryError, which has the gateway try again, when the receiver cannot be reached, is busy
 * (429) or broken (5xx). Any other refusal would be repeated, so it throws an Error: the batch becomes a dead letter.
 */
export async function exportEvents(events: ProcessedPluginEvent[], { config }: PluginMeta<WebhookExporter>) {
  const { ok, status, location, text } = await post(JSON.stringify({ events }), config);
  if (ok) {
    console.debug(`Sent ${events.length} events`);
    return;
  }
  const answer = `The receiver answered ${status}: ${text.slice(0, MAX_REASON_CHARACTERS)}`;
  if (status === 429 || status >= 500) throw new RetryError(answer);
  if (location)
    throw new Error(`The receiver has moved; set url to ${location}, then replay the dead letter`);
  throw new Error(`${answer} – mend the receiver or the configuration, then replay the dead letter`);
}

async function post(body: string, config: Config) {
  const url = addressOf(config).href;
  const request: RequestInit & { timeout: number } = {
    method: "POST",
    headers: headersFor(body, config),
    body,
    // Followed, a redirect would become a GET without the events, or show the secrets to another host.
    redirect: "manual",
    timeout: REQUEST_TIMEOUT_MS,
  };
  try {
    const response = await fetch(url, request);
    const { ok, status, headers } = response;
    // Read in any case: the connection is free for the next batch only then.
    return { ok, status, location: headers.get("Location"), text: await response.text() };
  } catch (error) {
    // The path of such an address is often a secret by itself.
    const reason = String(error).replaceAll(url, "url");
    throw new RetryError(`The receiver cannot be reached: ${reason}`);
  }
}

/** Made for each batch and not kept in `global`, which is stored outside: secrets in clear do not belong there. */
function headersFor(body: string, { headerName, headerValue, signingSecret }: Config) {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (headerName && headerValue) headers[headerName] = headerValue;
  if (signingSecret) {
    const signature = createHmac("sha256", signingSecret).update(body).digest("hex");
    headers["X-Webhook-Signature"] = `sha256=${signature}`;
  }
  return headers;
}

/** Throws when it is not an http or https address. */
function addressOf({ url = "" }: Config): URL {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address && /^https?:$/.test(address.protocol)) return address;
  throw new Error("url is not a web address; set it to one that begins with https:// or http://");
}
