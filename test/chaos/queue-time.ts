import type { Answer, Asked } from "./faulty-server.ts";

/**
 * Seconds that QStash waits before it offers a message again, by how often it has: in place of 12 s, 2½ min, 30 min, 6 h and
 * a day. Together more than any outage of a run.
 */
const REDELIVERY_SECONDS = [1, 3, 8, 20, 40];

/** Shortens what a publish asks QStash to wait, to the next whole second. */
export function shortenDelays(asked: Asked, factor: number): Asked {
  const shorter = (seconds: string) => `${Math.ceil(Number(seconds) / factor)}s`;
  const { "upstash-delay": delay } = asked.headers;
  if (typeof delay === "string") {
    const headers = {
      ...asked.headers,
      "upstash-delay": delay.replace(/^(\d+)s$/, (_, s: string) => shorter(s)),
    };
    return { ...asked, headers };
  }
  if (!asked.path.startsWith("/v2/batch")) return asked;
  // In a message's own text the quotation marks would stand behind a backslash.
  const pattern = /("upstash-delay":")(\d+)s"/gi;
  const text = asked.body
    .toString()
    .replace(pattern, (_, name: string, s: string) => `${name}${shorter(s)}"`);
  return { ...asked, body: Buffer.from(text) };
}

/** A lease is not shortened, so nobody who waits for its end comes sooner. */
const LEASE_SECONDS = 30;

/** Says in a failed delivery's answer how soon QStash is to offer the message again; if the gateway has, in less time. */
export function soonAgain<Failed extends { status: number; headers?: Answer["headers"] }>(
  asked: Asked,
  answer: Failed,
  factor: number,
): Failed {
  if (answer.status < 300 || answer.status === 489) return answer;
  const told = Number(answer.headers?.["retry-after"]);
  const retried = Number(asked.headers["upstash-retried"] ?? 0);
  const seconds = Number.isNaN(told)
    ? (REDELIVERY_SECONDS[retried] ?? REDELIVERY_SECONDS.at(-1))
    : Math.max(Math.min(told, LEASE_SECONDS), Math.ceil(told / factor));
  return { ...answer, headers: { ...answer.headers, "retry-after": String(seconds) } };
}
