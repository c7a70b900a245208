import { describe, expect, test } from "vitest";
import { createOriginCheck } from "./origins.ts";

const CASES: [allowed: string[], origin: string, served: boolean][] = [
  [[], "https://anyone.example", true],
  [["*"], "https://anyone.example", true],
  [["https://shop.example"], "https://shop.example", true],
  [["https://shop.example/"], "https://SHOP.example", true],
  [["https://shop.example"], "http://shop.example", false],
  [["https://shop.example"], "https://shop.example:8443", false],
  [["https://shop.example"], "https://shop.example.evil.example", false],
  [["https://shop.example"], "https://evilshop.example", false],
  [["https://shop.example"], "https://www.shop.example", false],
  [["shop.example"], "http://shop.example", true],
  [["localhost:3000"], "http://localhost:3000", true],
  [["https://*.shop.example"], "https://www.shop.example", true],
  [["https://*.shop.example"], "https://a.b.shop.example", true],
  [["https://*.shop.example"], "https://shop.example", false],
  [["https://*.shop.example"], "https://evilshop.example", false],
  [["https://*.shop.example"], "http://www.shop.example", false],
  [["https://*.shop.example"], "https://www.shop.example.evil.example", false],
  [["*.shop.example"], "http://www.shop.example", true],
  [["*.shop.example"], "https://.shop.example", false],
  [["https://a.example", "https://b.example"], "https://b.example", true],
  [["https://a.example"], "null", false],
  [["null"], "null", true],
  [["https://a.example"], "", false],
  [["https://a.example"], "https://", false],
];

describe("an origin", () => {
  test.each(CASES)("under ALLOWED_ORIGINS %j: %s is served: %s", (allowed, origin, served) => {
    expect(createOriginCheck(allowed)(origin)).toBe(served);
  });
});
