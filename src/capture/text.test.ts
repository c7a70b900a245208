import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeUtf8, mendEscapes } from "./text.ts";

/** Writes every character as an escape, the way ASCII-only serialisers do. */
const escaped = (text: string) =>
  JSON.stringify(text).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** Every UTF-16 unit for itself, in up to three bytes. */
function unitByUnit(text: string): Uint8Array {
  return Uint8Array.from(
    Array.from({ length: text.length }, (_, index) => text.charCodeAt(index)).flatMap((unit) => {
      if (unit < 0x80) return [unit];
      const last = 0x80 | (unit & 0x3f);
      return unit < 0x800
        ? [0xc0 | (unit >> 6), last]
        : [0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), last];
    }),
  );
}

describe("escapes in JSON text", () => {
  test.each([
    [String.raw`"\ud83d"`, "\ufffd"],
    [String.raw`"\uD83Dx"`, "\ufffdx"],
    [String.raw`"\ude00\ud83d"`, "\ufffd\ufffd"],
    [String.raw`"\ud83d\ud83d\ude00"`, "\ufffd😀"],
    [String.raw`"\ud83d\ude00"`, "😀"],
    [String.raw`"a\u0000b"`, "a\ufffdb"],
    [String.raw`"\\ud83d"`, String.raw`\ud83d`],
    [String.raw`"\\\ud83d"`, "\\\ufffd"],
    [String.raw`"\\ud83d\ude00"`, "\\ud83d\ufffd"],
    [String.raw`"\\\\u0000"`, String.raw`\\u0000`],
    [String.raw`"\"\u0000"`, '"\ufffd'],
    [String.raw`"\u00e9"`, "é"],
  ])("%s means %j", (json, expected) => {
    expect(JSON.parse(mendEscapes(json))).toBe(expected);
  });

  test("come out well-formed and without NULs, and change nothing else", () => {
    const units = fc.oneof(fc.constantFrom("\ud83d", "\ude00", "\0", "\\", '"', "u0000"), fc.string());
    fc.assert(
      fc.property(fc.array(units), (parts) => {
        const text = parts.join("");
        const expected = text.toWellFormed().replaceAll("\0", "\ufffd");
        expect(JSON.parse(mendEscapes(JSON.stringify(text)))).toBe(expected);
        expect(JSON.parse(mendEscapes(escaped(text)))).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });

  test("are mended in keys and at any depth", () => {
    expect(JSON.parse(mendEscapes(String.raw`{"a":[{"k\u0000":"\udc00"}]}`))).toEqual({
      a: [{ "k\ufffd": "\ufffd" }],
    });
  });
});

describe("bytes as text", () => {
  test("lose their byte order mark", () => {
    expect(decodeUtf8(new TextEncoder().encode("\ufeff{}"))).toBe("{}");
  });

  test("keep what was encoded surrogate by surrogate, as old releases of posthog-js do", () => {
    const units = fc.oneof(
      fc.constantFrom("\ud83d", "\ude00", "\ud7ff", "\ue000"),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(fc.array(units), (parts) => {
        // A byte order mark goes.
        const text = `.${parts.join("")}`;
        expect(decodeUtf8(unitByUnit(text))).toBe(text.toWellFormed());
        expect(decodeUtf8(new TextEncoder().encode(text))).toBe(text.toWellFormed());
      }),
      { numRuns: 1000 },
    );
  });

  test.each([[[0xff]], [[0xc3, 0x28]], [[0xed, 0xa0]], [[0xed, 0xa0, 0x80, 0xff]], [[0xe2, 0x98]]])(
    "%j is refused",
    (bytes) => {
      expect(() => decodeUtf8(new Uint8Array(bytes))).toThrow("invalid UTF8 in request payload");
    },
  );
});
