import { describe, expect, it } from "vitest";
import { parseDestination, rawDestination, splitDestination } from "./destination.ts";

describe("rawDestination", () => {
  it.each([
    ["http://127.0.0.1:8080/v2/publish/https://example.com", "https://example.com"],
    [
      "http://127.0.0.1:8080/v2/publish/https://example.com/a//b%2f?x=%20&y",
      "https://example.com/a//b%2f?x=%20&y",
    ],
    ["http://host/v2/publish/http://host/v2/publish/", "http://host/v2/publish/"],
    ["http://host/v2/publish/group", "group"],
    ["http://host/v2/elsewhere/x", ""],
  ])("takes it from %s as it is: %s", (requestUrl, expected) => {
    expect(rawDestination(requestUrl, "/v2/publish/")).toBe(expected);
  });
});

describe("splitDestination", () => {
  it("leaves the destination's own query untouched, whatever is in it", () => {
    const raw = "https://example.com/?a=1&a=2&b=%zz&=x&c&next=https://x.example/?y=1?z";
    expect(splitDestination(raw).destination).toBe(raw);
  });

  it("takes out the settings and the token, in any case", () => {
    const raw = "https://example.com/?Upstash-Delay=1m&a=1&qstash_token=t&upstash-label=x%2Cy";
    const { destination, settings } = splitDestination(raw);
    expect(destination).toBe("https://example.com/?a=1");
    expect(Object.fromEntries(settings)).toEqual({ "upstash-delay": "1m", "upstash-label": "x,y" });
  });

  it("leaves no question mark where nothing remains", () => {
    expect(splitDestination("https://example.com/?upstash-retries=1").destination).toBe(
      "https://example.com/",
    );
  });
});

describe("parseDestination", () => {
  it("tells addresses from URL groups", () => {
    expect(parseDestination("HTTPS://example.com/x")).toEqual({ url: "HTTPS://example.com/x" });
    expect(parseDestination("my-group.1")).toEqual({ urlGroup: "my-group.1" });
  });

  it.each(["", "https%3A%2F%2Fexample.com", "ftp://example.com", "http://", "//example.com", "a/b"])(
    "refuses %j",
    (text) => {
      expect(() => parseDestination(text)).toThrow("invalid destination url");
    },
  );
});
