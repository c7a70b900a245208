import { createHash, timingSafeEqual } from "node:crypto";

/** One way into the admin: who holds it, and what they may do. */
export interface AdminToken {
  name: string;
  secret: string;
  access: "full" | "read";
}

/** The name of who holds a plain token. */
const PLAIN_NAME = "admin";
const NAME = /^[\w-]{1,40}$/;
/** Pages compare with each, and 50 people want another kind of login. */
const MAX_TOKENS = 50;

/**
 * Reads `ADMIN_TOKEN`: one plain token, or `name:secret` and `name:secret:read` separated by commas, where `read` may look
 * and change nothing. Faults come back one a line, and never with a secret in them.
 */
export function parseAdminTokens(text: string): { tokens: AdminToken[] } | { faults: string[] } {
  if (!/[:,]/.test(text)) return { tokens: [{ name: PLAIN_NAME, secret: text.trim(), access: "full" }] };
  const entries = text
    .split(",")
    .map((entry) => entry.trim())
    .filter(Boolean);
  const parsed = entries.map((entry, index) => parseEntry(entry, index + 1));
  const tokens = parsed.filter((token) => typeof token !== "string");
  const faults = parsed.filter((token) => typeof token === "string");
  for (const field of ["name", "secret"] as const) {
    if (new Set(tokens.map((token) => token[field])).size < tokens.length) {
      faults.push(`gives two entries the same ${field}: each person needs one of their own`);
    }
  }
  if (entries.length === 0) faults.push("holds no token");
  if (entries.length > MAX_TOKENS) faults.push(`holds more than ${MAX_TOKENS} tokens`);
  return faults.length > 0 ? { faults } : { tokens };
}

/** The token, or what is wrong with it. */
function parseEntry(entry: string, position: number): AdminToken | string {
  const [name = "", secret = "", access = "full", ...rest] = entry.split(":").map((part) => part.trim());
  // Without a colon it is a secret that stands where a name should.
  if (!NAME.test(name) || !entry.includes(":")) {
    return `entry ${position} has no name of letters, digits, - and _: write name:secret, or name:secret:read`;
  }
  if (secret === "") return `entry ${position} (${name}) has no secret: write ${name}:<secret>`;
  if ((access !== "full" && access !== "read") || rest.length > 0) {
    return `entry ${position} (${name}) ends with something other than :read: a secret has no colon or comma in it`;
  }
  return { name, secret, access };
}

/** The token with this secret, or null. Takes the same time whichever it is, and whether there is one. */
export function findToken(tokens: readonly AdminToken[], secret: string): AdminToken | null {
  const given = digest(secret);
  let found: AdminToken | null = null;
  for (const token of tokens) {
    if (timingSafeEqual(digest(token.secret), given)) found = token;
  }
  return found;
}

/** Digests have one length, whatever was sent. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
