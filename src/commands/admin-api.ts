import { type Connection } from "./connection.ts";
import { UsageError } from "./run-command.ts";

const REQUEST_TIMEOUT_MS = 60_000;

/**
 * Asks a gateway's admin API; `path` is below `/admin/api`, and `body` goes as JSON. Resolves to the JSON of the answer. Rejects
 * with `UsageError` when the gateway cannot be reached, or with its own words when it refuses.
 */
export async function callAdmin<Answer>(
  { url, token }: Connection,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(`${url}/admin/api/${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new UsageError(`${url} cannot be reached: ${reasonOf(error)}`);
  });
  const text = await response.text();
  if (!response.ok) throw new UsageError(`${url} answered ${response.status}: ${refusalIn(text)}`);
  return JSON.parse(text) as Answer;
}

/** `fetch` hides why it failed in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

/** What the API says is wrong; the whole answer where something else, a proxy for instance, has given it. */
function refusalIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "string" ? error : text;
  } catch {
    return text;
  }
}
