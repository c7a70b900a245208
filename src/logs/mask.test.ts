import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { createMask, MASKED } from "./mask.ts";

const secret = 's3cr"t/key+\n?';

describe("a mask", () => {
  test.each([
    ["as it is", `key ${secret}!`, `key ${MASKED}!`],
    ["twice in a row", `${secret}${secret}`, `${MASKED}${MASKED}`],
    ["in JSON", JSON.stringify({ secret }), `{"secret":"${MASKED}"}`],
    ["in JSON within JSON", JSON.stringify(JSON.stringify(secret)), `"\\"${MASKED}\\""`],
    ["in a URL", `https://a/?k=${encodeURIComponent(secret)}&x`, `https://a/?k=${MASKED}&x`],
    ["in a form", `${new URLSearchParams({ "k v": `${secret}` })}`, `k+v=${MASKED}`],
  ])("covers a secret %s", (_case, text, expected) => {
    expect(createMask([secret])(text)).toBe(expected);
  });

  test.each(["", "u", "us", "use", "user:", "some longer user:"])(
    "covers a secret in base64 after %j, as in an Authorization header",
    (before) => {
      const plain = Buffer.from("a plain secret");
      for (const encoding of ["base64", "base64url"] as const) {
        const header = Buffer.concat([Buffer.from(before), plain, Buffer.from("after")]).toString(encoding);
        const masked = createMask(["a plain secret"])(header);
        expect(masked).toContain(MASKED);
        expect(Buffer.from(masked.replace(MASKED, ""), "base64").includes("plain")).toBe(false);
      }
    },
  );

  test("covers secrets that overlap, contain each other or touch", () => {
    const mask = createMask(["abcdef", "defghi", "abcdefgh", "xxxx"]);
    expect(mask("1abcdefghi2")).toBe(`1${MASKED}2`);
    expect(mask("abcdefxxxxxyz")).toBe(`${MASKED}${MASKED}yz`);
  });

  test("cuts without leaving the beginning of a secret at the edge", () => {
    const mask = createMask(["topsecret"]);
    expect(mask(`${"-".repeat(8)}topsecret--`, 10)).toBe(`${"-".repeat(8)}${MASKED}`);
    expect(mask("topsecret".repeat(3), 9)).toBe(MASKED);
    expect(mask("0123456789topsecret", 10)).toBe("0123456789");
  });

  test("leaves a text without secrets as it is, values that are too short, and words that are everywhere", () => {
    const mask = createMask(["", "abc", "true"]);
    expect(mask("abc is true")).toBe("abc is true");
  });

  test("takes a secret that URLs cannot carry", () => {
    expect(createMask(["\ud800secret"])("a \ud800secret")).toBe(`a ${MASKED}`);
  });
});
