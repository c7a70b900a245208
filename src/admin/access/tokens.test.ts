import { describe, expect, test } from "vitest";
import { findToken, parseAdminTokens } from "./tokens.ts";

const tokensOf = (text: string) => {
  const parsed = parseAdminTokens(text);
  return "tokens" in parsed ? parsed.tokens : [];
};

describe("ADMIN_TOKEN", () => {
  test("is one plain token, which may do everything", () => {
    expect(tokensOf("a-plain_token+/=")).toEqual([
      { name: "admin", secret: "a-plain_token+/=", access: "full" },
    ]);
  });

  test("is several named ones, some of which may only read", () => {
    expect(tokensOf(" anna:secret1 , ops:secret2:read")).toEqual([
      { name: "anna", secret: "secret1", access: "full" },
      { name: "ops", secret: "secret2", access: "read" },
    ]);
  });

  test.each([
    ["secret1,secret2", /entry 1 has no name/],
    ["anna:", /entry 1 \(anna\) has no secret/],
    ["an na:secret1", /entry 1 has no name/],
    ["anna:secret1:write", /entry 1 \(anna\) ends with something other than :read/],
    ["anna:secret1:read:x", /ends with something other/],
    ["anna:secret1,anna:secret2", /two entries the same name/],
    ["anna:secret1,ops:secret1", /two entries the same secret/],
    [" , ", /holds no token/],
  ])("is refused as %s, and the fault shows no secret", (text, fault) => {
    const parsed = parseAdminTokens(text);
    const faults = "faults" in parsed ? parsed.faults.join("\n") : "";
    expect(faults).toMatch(fault);
    expect(faults).not.toMatch(/secret[12]/);
  });

  test("is refused with more than 50 tokens, each of which costs a comparison", () => {
    const many = Array.from({ length: 51 }, (_, n) => `p${n}:secret-${n}`).join();
    expect(parseAdminTokens(many)).toEqual({ faults: ["holds more than 50 tokens"] });
  });

  test("opens for its secret and nothing else", () => {
    const tokens = tokensOf("anna:secret1,ops:secret2:read");
    expect(findToken(tokens, "secret2")?.name).toBe("ops");
    for (const wrong of ["", "secret", "secret3", "anna:secret1", "anna"]) {
      expect(findToken(tokens, wrong)).toBeNull();
    }
  });
});
