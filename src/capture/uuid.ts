const CANONICAL = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;
const HEX = /^[\da-f]{32}$/;

/**
 * Reads a UUID in any form that PostHog's parser takes (hyphenated, plain, in braces, as a URN, upper case) and gives it
 * back hyphenated and in lower case; null when it is none.
 */
export function normaliseUuid(text: string): string | null {
  if (CANONICAL.test(text)) return text;
  const lower = text.toLowerCase();
  if (CANONICAL.test(lower)) return lower;
  if (lower.startsWith("{") && lower.endsWith("}")) return hyphenated(lower.slice(1, -1));
  return hyphenated(lower.startsWith("urn:uuid:") ? lower.slice("urn:uuid:".length) : lower);
}

function hyphenated(text: string): string | null {
  if (CANONICAL.test(text)) return text;
  return HEX.test(text) ? join(text) : null;
}

const MAX_TIME_MS = 2 ** 48 - 1;
const RANDOM_BYTES_PER_UUID = 10;
/** So many are drawn at once: a call for randomness costs more than the bytes. */
const UUIDS_PER_DRAW = 64;

/**
 * Makes version 7 UUIDs (RFC 9562): 48 bits of the event's time in ms, the rest random.
 * @param randomBytes a cryptographic source
 */
export function createUuidV7(randomBytes: (count: number) => Uint8Array): (timeMs: number) => string {
  let pool = new Uint8Array(0);
  let used = 0;
  return (timeMs) => {
    if (used + RANDOM_BYTES_PER_UUID > pool.length) {
      pool = new Uint8Array(randomBytes(RANDOM_BYTES_PER_UUID * UUIDS_PER_DRAW));
      used = 0;
    }
    const time = Math.min(Math.max(Math.trunc(timeMs), 0), MAX_TIME_MS);
    let hex = time.toString(16).padStart(12, "0");
    for (let i = 0; i < RANDOM_BYTES_PER_UUID; i++) {
      const byte = pool[used++] ?? 0;
      hex += octet(i === 0 ? (byte & 0x0f) | 0x70 : i === 2 ? (byte & 0x3f) | 0x80 : byte);
    }
    return join(hex);
  };
}

function octet(byte: number): string {
  return (byte < 16 ? "0" : "") + byte.toString(16);
}

function join(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
