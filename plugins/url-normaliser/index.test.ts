import type { PluginEvent } from "@posthog/plugin-scaffold";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { processEvent, setupPlugin } from "./index.ts";
import manifest from "./plugin.json" with { type: "json" };

const defaults = Object.fromEntries(manifest.config.map((field) => [field.key, field.default]));

function normalise(changes: Partial<PluginEvent>, config: Record<string, string> = {}): PluginEvent {
  const meta = { config: { ...defaults, ...config }, global: {} } as Parameters<typeof setupPlugin>[0];
  setupPlugin(meta);
  const event: PluginEvent = {
    uuid: "01890a5d-ac96-774b-bcce-b302099a8057",
    event: "$pageview",
    distinct_id: "anna",
    team_id: 1,
    site_url: "https://events.example.com",
    now: "2024-05-01T12:00:00.000Z",
    ...changes,
  };
  return processEvent(event, meta);
}

function normaliseUrl(url: string, config?: Record<string, string>): unknown {
  return normalise({ properties: { $current_url: url } }, config).properties?.["$current_url"];
}

describe("without configuration", () => {
  const cases: [guarantee: string, url: string, expected: string][] = [
    [
      "the host is in lower case, the path as it was",
      "HTTPS://WWW.Example.COM/Docs",
      "https://www.example.com/Docs",
    ],
    ["a default port goes", "https://example.com:443/a", "https://example.com/a"],
    ["another port stays", "http://example.com:8080/a", "http://example.com:8080/a"],
    ["an address without a path gets its root", "https://example.com", "https://example.com/"],
    [
      "click identifiers go",
      "https://example.com/?gclid=1&fbclid=2&msclkid=3&q=a",
      "https://example.com/?q=a",
    ],
    ["campaigns stay", "https://example.com/?utm_source=x", "https://example.com/?utm_source=x"],
    ["a query of nothing else goes whole", "https://example.com/a?fbclid=2", "https://example.com/a"],
    [
      "parameters are sorted by name",
      "https://example.com/?b=1&A=4&a=2&",
      "https://example.com/?A=4&a=2&b=1",
    ],
    [
      "those of one name keep their order",
      "https://example.com/?b=2&a=1&b=1",
      "https://example.com/?a=1&b=2&b=1",
    ],
    [
      "values are not written anew",
      "https://example.com/?q=a+b%20c&p=%C3%A9",
      "https://example.com/?p=%C3%A9&q=a+b%20c",
    ],
    ["a parameter's name counts whole", "https://example.com/?my_gclid=1", "https://example.com/?my_gclid=1"],
    ["a place on the page goes", "https://example.com/a#prices", "https://example.com/a"],
    ["an empty query and fragment go", "https://example.com/a?#", "https://example.com/a"],
    ["a parameter may begin with a question mark", "https://example.com/a??b", "https://example.com/a??b"],
    ["a route in the fragment stays", "https://example.com/#/settings", "https://example.com/#/settings"],
    ["a slash at the end stays", "https://example.com/a/", "https://example.com/a/"],
  ];
  test.each(cases)("%s", (_, url, expected) => {
    expect(normaliseUrl(url)).toBe(expected);
  });
});

describe("configured", () => {
  const cases: [guarantee: string, config: Record<string, string>, url: string, expected: string][] = [
    [
      "a star stands for any ending",
      { removedParameters: "utm_*" },
      "https://example.com/?utm_source=x&q=1&utm_medium=y",
      "https://example.com/?q=1",
    ],
    [
      "no parameter goes",
      { removedParameters: "" },
      "https://example.com/?gclid=1",
      "https://example.com/?gclid=1",
    ],
    ["every fragment goes", { fragment: "remove" }, "https://example.com/#/settings", "https://example.com/"],
    [
      "every fragment stays",
      { fragment: "keep" },
      "https://example.com/#prices",
      "https://example.com/#prices",
    ],
    [
      "slashes at the end go",
      { trailingSlash: "remove" },
      "https://example.com/a//?b=1",
      "https://example.com/a?b=1",
    ],
    ["the root keeps its slash", { trailingSlash: "remove" }, "https://example.com/", "https://example.com/"],
  ];
  test.each(cases)("%s", (_, config, url, expected) => {
    expect(normaliseUrl(url, config)).toBe(expected);
  });

  test("a path gets the same treatment as the address that it belongs to", () => {
    const properties = { $current_url: "https://example.com/a/?b=1", $pathname: "/a/" };
    const normalised = normalise({ properties }, { trailingSlash: "remove" });
    expect(normalised.properties).toEqual({ $current_url: "https://example.com/a?b=1", $pathname: "/a" });
  });

  test("only the named properties change", () => {
    const properties = { page: "HTTPS://A.EXAMPLE/", $current_url: "HTTPS://A.EXAMPLE/" };
    expect(normalise({ properties }, { properties: "page" }).properties).toEqual({
      page: "https://a.example/",
      $current_url: "HTTPS://A.EXAMPLE/",
    });
  });
});

test.each([
  "$direct",
  "",
  "example.com/a",
  "//example.com/A",
  "https://",
  "https://exa mple.com/",
  "http://example.com:99999/",
  "about:blank",
  "file:///A",
  "javascript:void(0)",
])("leaves %j alone, which is no web address", (value) => {
  expect(normaliseUrl(value)).toBe(value);
});

test("leaves values alone that are no text", () => {
  const properties = { $current_url: 7, $referrer: null, $pathname: ["/a/"] };
  expect(normalise({ properties: { ...properties } }).properties).toEqual(properties);
});

test("an event without properties passes", () => {
  expect(normalise({})).toMatchObject({ event: "$pageview" });
});

test("addresses among a person's properties are normalised too", () => {
  const before = { $initial_current_url: "https://example.com/?gclid=1" };
  const after = { $initial_current_url: "https://example.com/" };
  const event = normalise({
    properties: { $set: { ...before }, $set_once: { ...before } },
    $set: { ...before },
    $set_once: { ...before },
  });
  expect(event).toMatchObject({
    $set: after,
    $set_once: after,
    properties: { $set: after, $set_once: after },
  });
});

test("what is normalised stays as it is when it comes by again", () => {
  const url = fc.webUrl({ withQueryParameters: true, withFragments: true });
  const config = fc.record({
    fragment: fc.constantFrom("keep", "keep routes", "remove"),
    trailingSlash: fc.constantFrom("keep", "remove"),
  });
  fc.assert(
    fc.property(url, config, (address, choices) => {
      const once = String(normaliseUrl(address, choices));
      expect(normaliseUrl(once, choices)).toBe(once);
    }),
  );
});
