import fc from "fast-check";
import lzString from "lz-string";
import { describe, expect, test } from "vitest";
import { CaptureError } from "./errors.ts";
import { decompressLz64 } from "./lz64.ts";

const MAX_BYTES = 1024 * 1024;
const refusal = (text: string, maxBytes = MAX_BYTES) => {
  try {
    return decompressLz64(text, maxBytes);
  } catch (error) {
    return error instanceof CaptureError ? error.status : error;
  }
};

describe("lz64", () => {
  test("gives back whatever lz-string compressed", () => {
    const texts = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: fc.constantFrom("a", "b", "ab", "☃"), maxLength: 3000 }),
      fc.json(),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(decompressLz64(lzString.compressToBase64(text), MAX_BYTES)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test("survives code widths beyond 16 bits", () => {
    let text = "";
    for (let i = 0; text.length < 400_000; i++) text += `${(i * 2_654_435_761) >>> 0}`;
    expect(decompressLz64(lzString.compressToBase64(text), MAX_BYTES)).toBe(text);
  });

  test("replaces lone surrogates", () => {
    expect(decompressLz64(lzString.compressToBase64("a\ud83db"), MAX_BYTES)).toBe("a\ufffdb");
  });

  test("gives up on a bomb before it fills the memory", () => {
    expect(refusal(lzString.compressToBase64("a".repeat(100_000)), 10_000)).toBe(413);
  });

  test("refuses truncated, foreign and impossible data with 400", () => {
    const whole = lzString.compressToBase64("a text of some length, not much");
    for (let length = 0; length < whole.length - 4; length++)
      expect(refusal(whole.slice(0, length))).toBe(400);
    expect(refusal("N4Ig*LgA")).toBe(400);
    expect(refusal("☃")).toBe(400);
    expect(refusal("////")).toBe(400);
  });

  test("of any text is a text or a refusal", () => {
    fc.assert(
      fc.property(fc.base64String(), (text) =>
        ["string", 400, 413].includes(
          typeof refusal(text) === "string" ? "string" : (refusal(text) as number),
        ),
      ),
    );
  });
});
