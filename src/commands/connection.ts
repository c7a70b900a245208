import process from "node:process";
import { parseAdminTokens } from "../admin/access/tokens.ts";
import { findDevSession } from "./dev-session.ts";
import { readDevVars } from "./dev-vars.ts";
import { UsageError } from "./run-command.ts";

/** How a command reaches a running gateway's admin API. */
export interface Connection {
  /** Without a slash at its end. */
  url: string;
  token: string;
}

/** For a command's usage: where address and token come from. */
export const connectionUsage = `  --url <address>     of the gateway; else PUBLIC_URL, else http://127.0.0.1:8787
  --token <token>     else ADMIN_TOKEN

PUBLIC_URL and ADMIN_TOKEN are read from the environment and .dev.vars. Without a token the gateway of a running
"npm run dev" is asked.
`;

export const connectionOptions = { url: { type: "string" }, token: { type: "string" } } as const;

/** Completes what was given by settings, or by `npm run dev`. Throws `UsageError` when there is no token. */
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
  const url = given.url || settings["PUBLIC_URL"];
  if (token) return { url: (url || "http://127.0.0.1:8787").replace(/\/+$/, ""), token };
  const dev = url ? null : await findDevSession();
  if (dev) return dev;
  throw new UsageError(
    `There is no token for ${url || "a gateway, and npm run dev does not run here"}: give --token, or set ADMIN_TOKEN in .dev.vars or the environment`,
  );
}
