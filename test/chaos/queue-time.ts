import type { Answer, Asked } from "./faulty-server.ts";

/**
 * Seconds that QStash waits before it offers a message again, by how often it has: in place of 12 s, 2½ min, 30 min, 6 h and
 * a day. Together more than any outage of a run.
 */
const REDELIVERY_SECONDS = [1, 3, 8, 20, 40];

/** Shortens what a publish asks QStash to wait, and how slowly a lane brings its messages, to the next whole second. */
export function shortenDelays(asked: Asked, factor: number): Asked {
  const shorten = (text: string) =>
    text.replace(/\d+(?=s?$)/, (seconds) => `${Math.ceil(Number(seconds) / factor)}`);
  if (asked.path.startsWith("/v2/batch")) {
    // In a message's own text the quotation marks would stand behind a backslash.
    const pattern = /(?<="(?:upstash-delay|upstash-flow-control-value)":")[^"]*(?=")/gi;
    return { ...asked, body: Buffer.from(asked.body.toString().replace(pattern, shorten)) };
  }
  const headers = { ...asked.headers };
  for (const name of ["upstash-delay", "upstash-flow-control-value"]) {
    const value = headers[name];
    if (typeof value === "string") headers[name] = shorten(value);
  }
  return { ...asked, headers };
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
