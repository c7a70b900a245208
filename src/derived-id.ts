import { createHash } from "node:crypto";

/**
 * An id that follows from others: the same parts give the same id, so that work done twice leaves the same messages and
 * events behind, and they are told apart from new ones. 43 characters that QStash takes in a deduplication id. About 2 µs.
 */
export function deriveId(...parts: readonly string[]): string {
  return digest(parts).toString("base64url");
}

/** The same as a UUID of version 8 (RFC 9562: of the maker's own design). */
export function deriveUuid(...parts: readonly string[]): string {
  const bytes = digest(parts).subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function digest(parts: readonly string[]): Buffer {
  const hash = createHash("sha256");
  // Lengths keep parts apart: ("a", "bc") is not ("ab", "c").
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest();
}
