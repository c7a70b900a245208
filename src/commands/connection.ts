import process from "node:process";
import { parseAdminTokens } from "../admin/access/tokens.ts";
import { readDevVars } from "./dev-vars.ts";

/** How a command reaches a running gateway's admin API. */
export interface Connection {
  /** Without a slash at its end. */
  url: string;
  token: string;
}

/** For a command's usage: where address and token come from. */
export const connectionUsage = `  --url <address>     of the gateway; else PUBLIC_URL, else http://127.0.0.1:8787
  --token <token>     else ADMIN_TOKEN

PUBLIC_URL and ADMIN_TOKEN are read from the environment and .dev.vars. "npm run dev" prints its token.
`;

/** Completes what was given by settings. Throws when there is no token. */
export async function findConnection(given: {
  url?: string | undefined;
  token?: string | undefined;
}): Promise<Connection> {
  const settings = { ...(await readDevVars()), ...process.env };
  const parsed = parseAdminTokens(settings["ADMIN_TOKEN"] ?? "");
  const tokens = "tokens" in parsed ? parsed.tokens : [];
  // Of several tokens one that may do everything, where there is one.
  const own = tokens.find(({ access }) => access === "full") ?? tokens[0];
  const token = given.token || own?.secret;
  if (!token) {
    throw new Error("The ADMIN_TOKEN is missing: give --token, or set it in .dev.vars or the environment");
  }
  const url = given.url || settings["PUBLIC_URL"] || "http://127.0.0.1:8787";
  return { url: url.replace(/\/+$/, ""), token };
}

/** An error for a person: `fetch` hides why it failed in the cause. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
