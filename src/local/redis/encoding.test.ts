import fc from "fast-check";
import { expect, test } from "vitest";
import type { Reply } from "./backend.ts";
import { encodeBase64, encodeResp2 } from "./encoding.ts";

const { reply } = fc.letrec<{ reply: Reply }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: "binary" }),
    fc.constantFrom("OK", "T0s=", ""),
    fc.integer(),
    fc.constant(null),
    fc.array(tie("reply"), { maxLength: 5 }),
  ),
}));

test("base64 changes no shape, no number, no null, and every string comes back from it", () => {
  const decode = (encoded: Reply): Reply => {
    if (typeof encoded === "string") return Buffer.from(encoded, "base64").toString();
    return encoded === null || typeof encoded === "number" ? encoded : encoded.map(decode);
  };
  fc.assert(
    fc.property(reply, (original) => {
      const encoded = encodeBase64(original);
      expect(encoded === "OK" ? "OK" : decode(encoded)).toEqual(original);
    }),
  );
});

test.each<[Reply | Error, string]>([
  ["OK", "+OK\r\n"],
  ["", "$0\r\n\r\n"],
  ["🦔", "$4\r\n🦔\r\n"],
  [-7, ":-7\r\n"],
  [null, "$-1\r\n"],
  [["a", [1, null]], "*2\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n"],
  [new Error("ERR two\r\nlines"), "-ERR two lines\r\n"],
])("%j is %j in RESP2", (value, wire) => {
  expect(encodeResp2(value)).toBe(wire);
});
