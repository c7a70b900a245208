import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import { type ProxyFixture, startProxy } from "./proxy.fixture.ts";

let proxy: ProxyFixture;
afterEach(() => proxy.stop());

async function served(path: string, text: string): Promise<string> {
  proxy = await startProxy();
  proxy.posthog.answerWith(
    () => new Response(text, { headers: { "content-length": String(Buffer.byteLength(text)) } }),
  );
  const method = /^\/(flags|decide)/.test(path) ? { method: "POST", body: "{}" } : {};
  return (await proxy.request(path, method)).text();
}

const endpointOf = (json: string) =>
  (JSON.parse(json) as { analytics: { endpoint: string } }).analytics.endpoint;

describe("remote config as JSON", () => {
  test.each([
    ["/e/", "/e/"],
    ["/i/v0/e/", "/i/v0/e/"],
    ["/batch", "/batch"],
    ["https://us.i.posthog.com/i/v0/e/", "/i/v0/e/"],
    ["https://elsewhere.example/e/", "/e/"],
    ["/i/v9/new/", "/e/"],
    ["", "/e/"],
    [null, "/e/"],
  ])("has %j as endpoint for events: the SDK gets %s, which the gateway serves", async (given, expected) => {
    const text = JSON.stringify({ analytics: { endpoint: given }, surveys: true });
    expect(endpointOf(await served("/array/phc_test/config", text))).toBe(expected);
  });

  test.each(["/flags/?v=2&config=true", "/decide/?v=3", "/array/phc_test/config"])(
    "is rewritten in the answer of %s",
    async (path) => {
      const text = JSON.stringify({
        analytics: { endpoint: "https://eu.i.posthog.com/e/" },
        featureFlags: {},
      });
      expect(endpointOf(await served(path, text))).toBe("/e/");
    },
  );

  test("keeps replay and site apps on the gateway, and leaves people's own addresses alone", async () => {
    const config = {
      sessionRecording: { endpoint: "https://us.i.posthog.com/s/" },
      siteApps: [{ id: 1, url: "https://us.i.posthog.com/site_app/1/t/h/" }],
      surveys: [{ link: "https://us.i.posthog.com/e/", url: "https://shop.example/us.i.posthog.com/" }],
    };
    expect(JSON.parse(await served("/array/phc_test/config", JSON.stringify(config)))).toEqual({
      sessionRecording: { endpoint: "/s/" },
      siteApps: [{ id: 1, url: "/site_app/1/t/h/" }],
      surveys: config.surveys,
    });
  });

  test.each([
    ["no JSON", "<html>"],
    ["a list", "[1]"],
    ["nothing to rewrite", '{ "a": 12345678901234567890, "analytics": {"endpoint":"/e/"} }'],
    ["analytics of another kind", '{"analytics":true}'],
    ["nothing", ""],
  ])("is passed on byte for byte when it is %s", async (_case, text) => {
    expect(await served("/array/phc_test/config", text)).toBe(text);
  });
});

/** As PostHog writes it. */
const script = (config: string) => `(function() {
  window._POSTHOG_REMOTE_CONFIG = window._POSTHOG_REMOTE_CONFIG || {};
  window._POSTHOG_REMOTE_CONFIG['phc_test'] = {
    config: ${config},
    siteApps: [{ id: 'x', init: function(c) { return { start() { return "}" } } } }]
  }
})();`;

function run(text: string): { config: Record<string, unknown>; siteApps: unknown[] } {
  const window: { _POSTHOG_REMOTE_CONFIG?: Record<string, never> } = {};
  runInNewContext(text, { window });
  return window._POSTHOG_REMOTE_CONFIG?.["phc_test"] as never;
}

describe("remote config in a script", () => {
  test.each(["/array/phc_test/config.js", "/array/phc_test/array.js"])(
    "of %s is rewritten, and runs",
    async (path) => {
      const tricky = {
        text: 'a "quoted" } { brace \\ </script>',
        analytics: { endpoint: "https://us.i.posthog.com/e/" },
      };
      const bundle = `!function(){var config:{};"_POSTHOG_REMOTE_CONFIG["}();`.replace("config:", "config=");
      const { config, siteApps } = run(await served(path, bundle + script(JSON.stringify(tricky))));
      expect(config).toEqual({ ...tricky, analytics: { endpoint: "/e/" } });
      expect(siteApps).toHaveLength(1);
    },
  );

  test.each([
    ["has no config", "window.x = 1"],
    ["ends within the config", script('{"analytics": {').slice(0, -180)],
    ["has a config that is no JSON", script('{analytics: {endpoint: "https://us.i.posthog.com/e/"}}')],
    ["needs no change", script('{ "analytics": { "endpoint": "/e/" } }')],
  ])("is passed on byte for byte when it %s", async (_case, text) => {
    expect(await served("/array/phc_test/config.js", text)).toBe(text);
  });
});
