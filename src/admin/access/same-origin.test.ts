import { expect, test } from "vitest";
import { isSameOrigin } from "./same-origin.ts";

const PUBLIC_URL = "https://edge.example.com/ingest";

test.each([
  [{ "Sec-Fetch-Site": "same-origin" }, true],
  // What the browser itself says outweighs what it names.
  [{ "Sec-Fetch-Site": "cross-site", Origin: "https://edge.example.com" }, false],
  [{ "Sec-Fetch-Site": "same-site" }, false],
  [{ "Sec-Fetch-Site": "none" }, false],
  [{ Origin: "http://10.0.0.7:8787" }, true],
  [{ Origin: "https://10.0.0.7:8787" }, true],
  [{ Origin: "https://edge.example.com" }, true],
  [{ Origin: "https://evil.example" }, false],
  [{ Origin: "https://edge.example.com.evil.example" }, false],
  [{ Origin: "null" }, false],
  [{}, false],
] as [Record<string, string>, boolean][])("a request with %j comes from here: %s", (headers, expected) => {
  const request = new Request("http://10.0.0.7:8787/admin/login", { method: "POST", headers });
  expect(isSameOrigin(request, PUBLIC_URL)).toBe(expected);
});
