import { createHash } from "node:crypto";
import { keys } from "./keys.ts";
import type { Store } from "./store.ts";

const ALERT_TIMEOUT_MS = 5000;

/** Something that a person should hear of. */
export interface Alert {
  subject: string;
  text: string;
  project: string;
  plugin?: string;
  /** What it is about: an alert about the same thing is sent once in 30 days. */
  about: string;
}

/**
 * Sends an alert by every way that is configured. Never rejects: one that could not be sent is in the log. Costs a
 * Redis command and a request for each way; while Redis is away an alert may be sent twice, which is better than not
 * at all.
 */
export type SendAlert = (alert: Alert) => Promise<void>;

/** Alerts by webhook and by e-mail, through Resend; null when neither is configured. */
export function createAlerts(options: {
  webhookUrl: string | null;
  email: { to: string; from: string; apiKey: string; resendUrl: string } | null;
  store: Store;
  fetch: typeof fetch;
  onFault: (message: string) => void;
}): SendAlert | null {
  const { webhookUrl, email, store, onFault } = options;
  if (!webhookUrl && !email) return null;

  async function post(
    way: string,
    url: string,
    body: object,
    headers: Record<string, string>,
  ): Promise<void> {
    try {
      const response = await options.fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ALERT_TIMEOUT_MS),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`it was answered with ${response.status}`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      onFault(`an alert was not sent by ${way}, check the setting: ${reason}`);
    }
  }

  return async ({ subject, text, project, plugin, about }) => {
    const id = createHash("sha256")
      .update(JSON.stringify([project, plugin, about]))
      .digest("base64url");
    if (!(await isFirst(store, id))) return;
    const ways: Promise<void>[] = [];
    if (webhookUrl) {
      ways.push(post("ALERT_WEBHOOK_URL", webhookUrl, { id, subject, text, project, plugin }, {}));
    }
    if (email) {
      const { to, from, apiKey, resendUrl } = email;
      const headers = { Authorization: `Bearer ${apiKey}`, "Idempotency-Key": id };
      ways.push(post("ALERT_EMAIL", `${resendUrl}/emails`, { from, to: [to], subject, text }, headers));
    }
    await Promise.all(ways);
  };
}

async function isFirst(store: Store, id: string): Promise<boolean> {
  try {
    return (await store.set(keys.alertSent(id), "1", { nx: true, ex: keys.alertSentTtlSeconds })) !== null;
  } catch {
    // Being told twice is better than not being told.
    return true;
  }
}
