import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";

/** Three times the length of QStash's own; nothing longer is looked at. */
const MAX_SIGNATURE_CHARACTERS = 2000;

/** Clocks of QStash and of a platform may differ by this much. */
const CLOCK_TOLERANCE_SECONDS = 5;

/** Reads an `Upstash-Signature`: the SHA-256 that the body must have, in base64url, or null when nothing may be believed. */
export type ReadSignature = (signature: string, path: string) => string | null;

/**
 * Believes what QStash says in the header alone, before a byte of the body is read: a JWT by HMAC-SHA256, with the current or
 * the next signing key, so that a rotation loses no message; issued by Upstash, for this very address, and in force by `nowMs`.
 * The SDK's `Receiver` asks for the body first, as text, and believes public keys when QSTASH_DEV is set; what this one
 * accepts it accepts too. Never throws. Costs one HMAC, or two.
 */
export function createReadSignature(options: {
  currentSigningKey: string;
  nextSigningKey: string;
  publicUrl: string;
  nowMs: () => number;
}): ReadSignature {
  const { publicUrl, nowMs } = options;
  const keys = [options.currentSigningKey, options.nextSigningKey];

  return (signature, path) => {
    if (signature.length > MAX_SIGNATURE_CHARACTERS) return null;
    const [, signed = "", header = "", claims = "", seal = ""] = FORM.exec(signature) ?? [];
    if (!keys.some((key) => isEqual(seal, createHmac("sha256", key).update(signed).digest("base64url")))) {
      return null;
    }
    if (fieldsOf(header)["alg"] !== "HS256") return null;
    const { iss, sub, exp, nbf = 0, body } = fieldsOf(claims);
    if (iss !== "Upstash" || sub !== `${publicUrl}${path}` || typeof body !== "string") return null;
    const nowSeconds = Math.floor(nowMs() / 1000);
    if (typeof exp !== "number" || exp <= nowSeconds - CLOCK_TOLERANCE_SECONDS) return null;
    if (typeof nbf !== "number" || nbf > nowSeconds + CLOCK_TOLERANCE_SECONDS) return null;
    return body.replace(/=+$/, "");
  };
}

/** Header, claims and signature of a JWT, and the text that is signed. */
const FORM = /^(([\w-]+)\.([\w-]+))\.([\w-]{43})$/;

function isEqual(given: string, expected: string): boolean {
  return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
}

function fieldsOf(part: string): Record<string, unknown> {
  try {
    const fields: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return typeof fields === "object" && fields !== null ? (fields as Record<string, unknown>) : {};
  } catch {
    // Signed with our key and yet no JSON: it proves nothing.
    return {};
  }
}
