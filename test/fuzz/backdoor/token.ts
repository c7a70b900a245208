import { createHash, createHmac } from "node:crypto";
import { createFakeClock } from "../../../src/testing/clock.ts";

/** The gateway's address, as QStash was told it. */
export const PUBLIC_URL = "http://edge.test";
/** What the embedded QStash signs with, before and after a rotation. */
export const KEYS = ["sig_current_for_tests_only", "sig_next_for_tests_only"] as const;
/** The gateway's clock, which stands. */
export const NOW_SECONDS = Math.floor(createFakeClock().now() / 1000);
/** How long QStash's signatures are in force. */
const LIFETIME_SECONDS = 300;

/** What a JWT is made of; any of it may be wrong. */
export interface Token {
  header: unknown;
  claims: unknown;
  key: string;
  /** Of the HMAC. */
  hash: "sha256" | "sha384" | "sha512";
}

export const sha256 = (body: Uint8Array) => createHash("sha256").update(body).digest("base64url");

/** What QStash says of a body on its way to a route. */
export function claimsOf(path: string, body: Uint8Array): Record<string, unknown> {
  return {
    iss: "Upstash",
    sub: `${PUBLIC_URL}${path}`,
    exp: NOW_SECONDS + LIFETIME_SECONDS,
    nbf: 0,
    iat: NOW_SECONDS,
    jti: "jwt_1",
    body: sha256(body),
  };
}

/** The token that QStash would send. */
export const tokenOf = (path: string, body: Uint8Array): Token => ({
  header: { alg: "HS256", typ: "JWT" },
  claims: claimsOf(path, body),
  key: KEYS[0],
  hash: "sha256",
});

/** Text stands for itself, so that a part need not be JSON. */
const encode = (part: unknown) =>
  Buffer.from(typeof part === "string" ? part : (JSON.stringify(part) ?? "")).toString("base64url");

export function seal({ header, claims, key, hash }: Token): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createHmac(hash, key).update(signed).digest("base64url")}`;
}
