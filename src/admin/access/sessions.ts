import { createHmac, timingSafeEqual } from "node:crypto";
import type { AdminToken } from "./tokens.ts";

/** A working day: the person on call logs in once a shift. */
export const SESSION_SECONDS = 12 * 3600;

/** Who looks at the admin. */
export interface Visitor {
  /** The name of their token. */
  name: string;
  access: AdminToken["access"];
}

/** Sessions live in their cookie alone, signed: looking at a page costs no Redis command, and works while Redis is away. */
export interface Sessions {
  /** A session that begins now, as text for the cookie. */
  open(token: AdminToken): string;
  /** Whose session it is; null when it is forged, has expired, or its token has changed. */
  read(session: string): Visitor | null;
  /**
   * What a form of this session's pages carries, so that no other site can make one up. The same in all sessions of a
   * token: a form that outlived its session can be sent again after another log-in.
   */
  proofOf(session: string): string;
}

/**
 * The signing key derives from all of a token: changing its secret or its access, or removing it, ends its sessions
 * and leaves those of other tokens alone. Nothing else ends a session before its time; logging out forgets the
 * cookie.
 */
export function createSessions(tokens: readonly AdminToken[], now: () => Date): Sessions {
  const sign = (token: AdminToken, ...parts: string[]) =>
    createHmac("sha256", `edgehog admin ${token.access} ${token.name} ${token.secret}`)
      .update(parts.join("\n"))
      .digest("base64url");
  const holderOf = (session: string): AdminToken | null => {
    const [name, expiry, signature, ...rest] = session.split(".");
    const token = tokens.find((candidate) => candidate.name === name);
    if (!token || expiry === undefined || signature === undefined || rest.length > 0) return null;
    if (!isSame(signature, sign(token, "session", expiry))) return null;
    return Number.parseInt(expiry, 36) > now().getTime() ? token : null;
  };

  return {
    open(token) {
      const expiry = (now().getTime() + SESSION_SECONDS * 1000).toString(36);
      return [token.name, expiry, sign(token, "session", expiry)].join(".");
    },
    read(session) {
      const token = holderOf(session);
      return token && { name: token.name, access: token.access };
    },
    proofOf(session) {
      const token = holderOf(session);
      return token ? sign(token, "form") : "";
    },
  };
}

/** Compares in constant time; what has another length differs. */
export function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
