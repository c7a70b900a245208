import type { Forwarded } from "./forward.ts";

/** What is read of an answer, in bytes: PostHog's own are short, a proxy's error page need not be. */
const MAX_ANSWER_BYTES = 2000;

/** How much of it a person gets to see, in characters. */
const MAX_QUOTED_CHARACTERS = 500;

/**
 * What PostHog's answer to a batch means. Rejects when it breaks off. Sources: PostHog's capture answers 401 for a token
 * that it does not know, 413 for a body that it finds too large, 429 with `Retry-After` above a rate, 400 for what it
 * cannot read, and `{"status": 1}` or `{"status": "Ok"}` when it has taken all.
 */
export async function readAnswer(response: Response, nowMs: number): Promise<Forwarded> {
  const { status } = response;
  const text = await readStart(response);
  const error = `PostHog answered ${status}: ${text.slice(0, MAX_QUOTED_CHARACTERS)}`;
  if (response.ok && !saysOtherwise(text)) return { outcome: "delivered" };
  if (status === 413) return { outcome: "too large", error };
  if (status === 401 || status === 403) return { outcome: "misconfigured", error };
  if (status >= 300 && status < 400) {
    const to = response.headers.get("Location") ?? "nowhere";
    return { outcome: "misconfigured", error: `PostHog answered ${status}, a redirect to ${to}` };
  }
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
    return { outcome: "refused", error };
  }
  return { outcome: "unavailable", error, retryAfterSeconds: retryAfter(response, nowMs) };
}

/**
 * Whether the body of a success belies it: it says a status that is not PostHog's, or is a page of something that
 * stands in its place. Only the beginning of the body is known.
 */
function saysOtherwise(text: string): boolean {
  if (/^\s*</.test(text)) return true;
  const status = /^\s*\{\s*"status"\s*:\s*("[^"]*"|[\w.-]+)/.exec(text)?.[1];
  return status !== undefined && !/^(?:1|"ok")$/i.test(status);
}

/** Seconds that the answer asks to wait, from a number or a date; null when it does not, or asks for the past. */
function retryAfter({ headers }: Response, nowMs: number): number | null {
  const given = headers.get("Retry-After");
  if (given === null) return null;
  const seconds = /^\s*\d+\s*$/.test(given) ? Number(given) : (Date.parse(given) - nowMs) / 1000;
  return seconds > 0 ? Math.ceil(seconds) : null;
}

async function readStart({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  if (!reader) return "";
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0; bytes < MAX_ANSWER_BYTES;) {
    const { done, value } = await reader.read();
    if (done) return text;
    bytes += value.length;
    text += decoder.decode(value.subarray(0, MAX_ANSWER_BYTES), { stream: true });
  }
  await reader.cancel();
  return text;
}
