import { tooLarge, undecodable, type CaptureError } from "./errors.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BITS_PER_CHARACTER = 6;
/** `=` pads with zero bits; anything outside the alphabet is marked. */
const FOREIGN = 255;
const SIXTETS = new Uint8Array(256).fill(FOREIGN);
for (let value = 0; value < ALPHABET.length; value++) SIXTETS[ALPHABET.charCodeAt(value)] = value;
SIXTETS["=".charCodeAt(0)] = 0;

/** The three codes that are no phrases: a new 8-bit unit follows, a new 16-bit unit follows, the end. */
const LITERAL_8 = 0;
const LITERAL_16 = 1;
const END = 2;
const FIRST_PHRASE = 3;

const utf16 = new TextDecoder("utf-16le");

/**
 * Inflates what lz-string's `compressToBase64` made (posthog-js up to 1.7, posthog-js-lite). Lone surrogates become U+FFFD.
 *
 * The package's own decoder cannot be stopped: phrases grow by one unit per code, so 100 KB may stand for gigabytes. This
 * one gives up at `maxBytes` (two per UTF-16 unit). A phrase is always a stretch of the output so far, so it is kept as a
 * position and a length, never as a string.
 * @throws CaptureError 413 above `maxBytes`, 400 for corrupt or truncated input
 */
export function decompressLz64(text: string, maxBytes: number): string {
  const read = bitReader(text);
  const maxUnits = Math.floor(maxBytes / 2);
  let units = new Uint16Array(Math.min(maxUnits, 256 + text.length * 4));
  let count = 0;
  const starts: number[] = [0, 0, 0];
  const lengths: number[] = [0, 0, 0];
  let width = 2;
  let previousStart = 0;
  let previousLength = 0;

  for (;;) {
    const code = read(width);
    if (code === END) return utf16.decode(units.subarray(0, count));
    const literal = code === LITERAL_8 || code === LITERAL_16;
    const length = literal ? 1 : (lengths[code] ?? previousLength + 1);
    if (!literal && (code < FIRST_PHRASE || code > starts.length || previousLength === 0)) throw corrupt();
    if (count + length > maxUnits) throw tooLarge("the decompressed body", maxBytes);
    if (count + length > units.length) units = enlarge(units, count + length, maxUnits);

    const start = count;
    if (literal) {
      units[count++] = read(code === LITERAL_8 ? 8 : 16);
      starts.push(start);
      lengths.push(1);
    } else {
      // The phrase that is being defined right now ends with its own first unit, hence unit by unit and forwards.
      let from = starts[code] ?? previousStart;
      for (const end = from + length; from < end; from++) units[count++] = units[from] ?? 0;
    }
    if (previousLength > 0) {
      starts.push(previousStart);
      lengths.push(previousLength + 1);
    }
    previousStart = start;
    previousLength = length;
    width = Math.max(3, bitsFor(starts.length));
  }
}

/** Codes grow by a bit as soon as the next phrase to be defined needs it. */
function bitsFor(phrases: number): number {
  return 32 - Math.clz32(phrases);
}

/** Bits come most significant first out of each character and fill a code from its least significant end. */
function bitReader(text: string): (width: number) => number {
  let index = 0;
  let sixtet = 0;
  let left = 0;
  return (width) => {
    let code = 0;
    for (let bit = 0; bit < width; bit++) {
      if (left === 0) {
        if (index >= text.length) throw corrupt();
        sixtet = SIXTETS[text.charCodeAt(index++)] ?? FOREIGN;
        if (sixtet === FOREIGN) throw corrupt();
        left = BITS_PER_CHARACTER;
      }
      left--;
      code |= ((sixtet >> left) & 1) << bit;
    }
    return code;
  };
}

function enlarge(
  units: Uint16Array<ArrayBuffer>,
  needed: number,
  maxUnits: number,
): Uint16Array<ArrayBuffer> {
  const larger = new Uint16Array(Math.min(maxUnits, Math.max(needed, units.length * 2)));
  larger.set(units);
  return larger;
}

function corrupt(): CaptureError {
  return undecodable("invalid lz64 data");
}
