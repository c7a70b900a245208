/** First byte of every surrogate in three bytes; also of U+D000 to U+D7FF, whose second byte is smaller. */
const LEAD = 0xed;
const BYTES_OF_SURROGATE = 3;
const FIRST_HIGH = 0xd800;
const FIRST_LOW = 0xdc00;
const REPLACEMENT = 0xfffd;

/**
 * UTF-8 in which surrogates stand each by itself (CESU-8), as UTF-8: pairs become the character that they are, halves U+FFFD.
 * Old releases of posthog-js write base64 so, with every emoji as such a pair: 1.57 what it does not compress, 1.130 its first
 * requests. PostHog's Django service read it.
 * @returns null when there is no such surrogate
 */
export function joinSurrogates(bytes: Uint8Array): Uint8Array | null {
  const joined = new Uint8Array(bytes.byteLength);
  let length = 0;
  let found = false;
  for (let at = 0; at < bytes.byteLength;) {
    const unit = surrogateAt(bytes, at);
    if (unit === null) {
      joined[length++] = bytes[at++] ?? 0;
      continue;
    }
    found = true;
    at += BYTES_OF_SURROGATE;
    const low = unit < FIRST_LOW ? surrogateAt(bytes, at) : null;
    if (low === null || low < FIRST_LOW) {
      length = writeUtf8(joined, length, REPLACEMENT);
      continue;
    }
    at += BYTES_OF_SURROGATE;
    length = writeUtf8(joined, length, 0x10000 + ((unit - FIRST_HIGH) << 10) + (low - FIRST_LOW));
  }
  return found ? joined.subarray(0, length) : null;
}

/** The surrogate that is encoded at a place; null when there is none. */
function surrogateAt(bytes: Uint8Array, at: number): number | null {
  if (bytes[at] !== LEAD) return null;
  const second = bytes[at + 1] ?? 0;
  const third = bytes[at + 2] ?? 0;
  if (second < 0xa0 || second > 0xbf || third < 0x80 || third > 0xbf) return null;
  return ((LEAD & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f);
}

/** Writes a character beyond U+07FF in three or four bytes; returns the place behind it. */
function writeUtf8(target: Uint8Array, start: number, code: number): number {
  let at = start;
  if (code > 0xffff) target[at++] = 0xf0 | (code >> 18);
  target[at++] = code > 0xffff ? 0x80 | ((code >> 12) & 0x3f) : 0xe0 | (code >> 12);
  target[at++] = 0x80 | ((code >> 6) & 0x3f);
  target[at++] = 0x80 | (code & 0x3f);
  return at;
}
