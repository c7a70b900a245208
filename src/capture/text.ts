import { Buffer } from "node:buffer";
import { undecodable } from "./errors.ts";
import { joinSurrogates } from "./surrogates.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Bytes as text, without a byte order mark. Surrogates that are encoded one by one are mended where they occur
 * ({@link joinSurrogates}); proper UTF-8 pays nothing for it.
 * @throws CaptureError 400 for bytes that are no UTF-8
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    const joined = joinSurrogates(bytes);
    if (joined !== null) return decodeUtf8(joined);
    throw undecodable("invalid UTF8 in request payload", error);
  }
}

const SUSPICIOUS = /\\u(?:0000|[dD][89a-fA-F])/;
/** An escaped backslash comes first in the pattern, so that the `u` after it is not taken for an escape. */
const SUSPICIOUS_OR_PAIR =
  /\\\\|\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[dD][89a-fA-F][\da-fA-F]{2}|\\u0000/g;
const PAIR_LENGTH = "\\ud83d\\ude00".length;

/**
 * Replaces lone surrogates and NULs in JSON text by U+FFFD, in keys and values at any depth. UTF-8 has no lone surrogates
 * and JSON no bare NULs, so both can only be escapes, and working on the text spares a walk over every string: a text
 * without such an escape costs one search. Stores behind the gateway refuse both (decisions 28).
 */
export function mendEscapes(json: string): string {
  if (!json.includes("\\u") || !SUSPICIOUS.test(json)) return json;
  return json.replace(SUSPICIOUS_OR_PAIR, (escape) =>
    escape === "\\\\" || escape.length === PAIR_LENGTH ? escape : "\\ufffd",
  );
}

/** Whether `text` takes more than `maxBytes` in UTF-8, where a UTF-16 unit takes three at most. */
export function isLonger(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes;
}
