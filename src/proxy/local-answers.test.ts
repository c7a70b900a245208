import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ORIGIN, type ProxyFixture, startProxy } from "./proxy.fixture.ts";

describe("without a PostHog", () => {
  let proxy: ProxyFixture;
  beforeEach(async () => {
    proxy = await startProxy({ posthogHost: null });
  });
  afterEach(() => proxy.stop());

  const post = (path: string, headers: Record<string, string> = {}) =>
    proxy.request(path, { method: "POST", body: "{}", headers: { origin: ORIGIN, ...headers } });

  test.each(["/flags/?v=2", "/flags?v=2", "/decide/?v=3"])(
    "%s evaluates no flag, and that is no error",
    async (path) => {
      const answer = await post(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN);
      expect(await answer.json()).toMatchObject({
        featureFlags: {},
        featureFlagPayloads: {},
        errorsWhileComputingFlags: false,
        requestId: expect.any(String),
      });
    },
  );

  test.each(["/decide/?v=3", "/flags/?v=2&config=true", "/array/phc_test/config"])(
    "%s switches everything off but events",
    async (path) => {
      const answer = path.startsWith("/array") ? await proxy.request(path) : await post(path);
      expect(await answer.json()).toMatchObject({
        supportedCompression: ["gzip", "gzip-js"],
        analytics: { endpoint: "/e/" },
        sessionRecording: false,
        surveys: false,
      });
    },
  );

  test("config.js gives the same to the loader script, and nothing that a token could smuggle in", async () => {
    const token = "phc_'\"<%2Fscript>";
    const answer = await proxy.request(`/array/${token}/config.js`);
    expect(answer.headers.get("content-type")).toContain("javascript");
    const text = await answer.text();
    const window: { _POSTHOG_REMOTE_CONFIG?: Record<string, unknown> } = {};
    runInNewContext(text, { window });
    expect(Object.values(window._POSTHOG_REMOTE_CONFIG ?? {})).toMatchObject([
      { config: { hasFeatureFlags: false } },
    ]);
    expect(text).not.toContain("<");
  });

  test.each([
    ["/api/surveys/?token=t", { surveys: [] }],
    ["/api/early_access_features/?token=t", { earlyAccessFeatures: [] }],
    ["/api/web_experiments/?token=t", { experiments: [] }],
    ["/flags/definitions?token=t", { flags: [], group_type_mapping: {}, cohorts: {} }],
    ["/api/feature_flag/local_evaluation?token=t", { flags: [], group_type_mapping: {}, cohorts: {} }],
  ])("%s has nothing", async (path, expected) => {
    expect(await (await proxy.request(path)).json()).toEqual(expected);
  });

  test.each(["/i/v1/logs", "/i/v1/traces/", "/i/v1/metrics"])(
    "%s takes OTLP with a token, and only then",
    async (path) => {
      const answer = await post(`${path}?token=phc_test`);
      expect([answer.status, await answer.json()]).toEqual([200, {}]);
      expect((await post(path, { authorization: "Bearer phc_test" })).status).toBe(200);
      expect((await post(path)).status).toBe(401);
      expect((await post(`${path}?token=`)).status).toBe(401);
    },
  );

  test.each([
    ["/i/v0/ai/otel", "application/json"],
    ["/i/v0/ai/otel/v1/traces", "application/x-protobuf"],
    ["/i/v0/ai", "multipart/form-data; boundary=x"],
  ])("%s takes %s from a bearer, and only then", async (path, type) => {
    const headers = { "content-type": type };
    expect((await post(path, { ...headers, authorization: "Bearer phc_test" })).status).toBe(200);
    expect((await post(path, headers)).status).toBe(401);
    expect((await post(path, { ...headers, authorization: "Basic x" })).status).toBe(401);
  });

  test.each([
    "/static/array.js",
    "/static/recorder.js",
    "/array/phc_test/array.js",
    "/site_app/1/t/h/",
    "/api/users/@me",
  ])("%s is 404, readable by a page", async (path) => {
    const answer = await proxy.request(path, { headers: { origin: ORIGIN } });
    expect(answer.status).toBe(404);
    expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect(await answer.json()).toMatchObject({ detail: expect.stringContaining("POSTHOG_HOST") });
  });

  test("assets come from POSTHOG_ASSETS_HOST all the same, where there is one", async () => {
    const withAssets = await startProxy({ posthogHost: null, assetsHost: proxy.posthog.url });
    expect((await withAssets.request("/static/array.js")).status).toBe(200);
    expect(proxy.posthog.requests).toHaveLength(1);
    await withAssets.stop();
  });
});
