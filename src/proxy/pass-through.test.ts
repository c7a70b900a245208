import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { CLIENT_IP, ORIGIN, type ProxyFixture, startProxy } from "./proxy.fixture.ts";

let proxy: ProxyFixture;
afterEach(() => proxy.stop());

describe("what reaches PostHog", () => {
  test.each([
    ["GET", "/static/recorder.js?v=1.418.10"],
    ["GET", "/static/1.418.10/surveys.js"],
    ["GET", "/array/phc_test/config"],
    ["POST", "/flags?v=2"],
    ["POST", "/flags/?v=2&config=true"],
    ["POST", "/decide/?v=4"],
    ["GET", "/flags/definitions?token=phc_test&send_cohorts"],
    ["GET", "/api/surveys/?token=phc_test"],
    ["GET", "/api/early_access_features/?token=phc_test"],
    ["GET", "/api/web_experiments/?token=phc_test"],
    ["GET", "/api/projects/@current/feature_flags/a%2Fb%20c/remote_config"],
    ["DELETE", "/api/push_subscriptions/"],
    ["PUT", "/api/conversations/v1/widget/x"],
    ["PATCH", "/api/conversations/v1/widget/x"],
    ["HEAD", "/flags/"],
    ["GET", "/site_app/1/phc_test/abc/"],
    ["POST", "/public/webhooks/0190"],
    ["POST", "/i/v1/logs?token=phc_test"],
  ])("is %s %s as it came, slash and query included", async (method, path) => {
    proxy = await startProxy();
    const answer = await proxy.request(path, { method, ...(method === "POST" ? { body: "{}" } : {}) });
    expect(answer.status).toBe(200);
    expect(proxy.posthog.requests).toMatchObject([{ method, path }]);
  });

  test("has the client's address as the only one, and what SDKs say about themselves", async () => {
    proxy = await startProxy();
    const kept = {
      authorization: "Bearer phx_secret",
      "content-type": "application/json; charset=utf-8",
      "if-none-match": '"abc"',
      origin: ORIGIN,
      "posthog-sdk-info": "posthog-js/1.430.0",
      referer: `${ORIGIN}/cart`,
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "user-agent": "posthog-node/5.70.0",
      "x-request-id": "r1",
    };
    const dropped = {
      "cf-connecting-ip": "198.51.100.1",
      connection: "keep-alive, x-hop",
      cookie: "session=secret",
      forwarded: "for=198.51.100.1",
      "true-client-ip": "198.51.100.1",
      "x-forwarded-for": "198.51.100.1, 198.51.100.2",
      "x-forwarded-host": "evil.example",
      "x-hop": "1",
    };
    await proxy.request("/flags/", { method: "POST", body: "{}", headers: { ...kept, ...dropped } });
    const headers = proxy.posthog.requests[0]?.headers ?? {};
    expect(headers).toMatchObject({
      ...kept,
      "x-forwarded-for": CLIENT_IP,
      host: new URL(proxy.posthog.url).host,
    });
    const names = Object.keys(dropped).filter((name) => !["connection", "x-forwarded-for"].includes(name));
    expect(names.filter((name) => name in headers)).toEqual([]);
  });

  test("is the body byte for byte, compressed as it was", async () => {
    proxy = await startProxy();
    const body = gzipSync('{"token":"phc_test"}');
    const headers = { "content-encoding": "gzip", "content-length": String(body.byteLength) };
    await proxy.request("/flags/", { method: "POST", body, headers });
    expect(proxy.posthog.requests[0]).toMatchObject({
      headers: { "content-encoding": "gzip" },
      json: { token: "phc_test" },
    });
  });

  test("is a streamed body of many megabytes, chunk by chunk", async () => {
    const sent: Uint8Array[] = [];
    let heldAtOnce = 0;
    const upstream: typeof fetch = async (_url, init) => {
      let received = 0;
      const { body: upload } = init as { body: ReadableStream<Uint8Array> };
      for await (const chunk of upload) {
        received += chunk.byteLength;
        heldAtOnce = Math.max(
          heldAtOnce,
          sent.reduce((sum, { byteLength }) => sum + byteLength, 0) - received,
        );
      }
      return Response.json({ received });
    };
    proxy = await startProxy({ fetch: upstream });
    const chunk = randomBytes(1024 * 1024);
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (sent.length === 32) return controller.close();
          sent.push(chunk);
          controller.enqueue(chunk);
        },
      },
      { highWaterMark: 0 },
    );
    const init: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half" };
    const answer = await proxy.request("/public/webhooks/1", init);
    expect(await answer.json()).toEqual({ received: 32 * chunk.byteLength });
    expect(heldAtOnce).toBeLessThan(4 * chunk.byteLength);
  });
});

describe("what is not passed on", () => {
  test.each([
    ["/admin"],
    ["/admin/api/apps"],
    ["/_gateway/deliver"],
    ["/project/1"],
    ["/login"],
    ["/flagship"],
    ["/static/../admin"],
    ["/static/%2e%2e/admin"],
    ["/static/..%2fadmin"],
    ["/api/..%5c..%5cadmin"],
  ])("is %s", async (path) => {
    proxy = await startProxy();
    expect((await proxy.request(path)).status).toBe(404);
    expect(proxy.posthog.requests).toEqual([]);
  });

  test.each([
    ["/i/v1/logs"],
    ["/i/v1/traces/"],
    ["/i/v1/metrics"],
    ["/i/v0/ai"],
    ["/i/v0/ai/otel/v1/traces"],
  ])("is %s without a token", async (path) => {
    proxy = await startProxy();
    const answer = await proxy.request(path, { method: "POST", body: "{}", headers: { origin: ORIGIN } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect(await answer.json()).toMatchObject({ code: "not_authenticated", error: expect.any(String) });
    expect(proxy.posthog.requests).toEqual([]);
  });

  test("is a body above the limit, announced or not", async () => {
    proxy = await startProxy({ limits: { maxBodyBytes: 1000 } });
    const announced = await proxy.request("/flags/", {
      method: "POST",
      body: "x".repeat(1001),
      headers: { "content-length": "1001" },
    });
    const streamed = await proxy.request("/flags/", { method: "POST", body: "x".repeat(1001) });
    expect([announced.status, streamed.status]).toEqual([413, 413]);
    expect(proxy.faults).toEqual([]);
  });

  test("is a body that the client broke off: half of it would look like all of it", async () => {
    proxy = await startProxy();
    let chunks = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (chunks++ < 3) controller.enqueue(Buffer.from("[1]"));
        else controller.error(new Error("client is gone"));
      },
    });
    const init: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half" };
    expect((await proxy.request("/flags/", init)).status).toBe(408);
    expect(proxy.posthog.requests).toEqual([]);
    expect(proxy.faults).toEqual([]);
  });

  test("is a preflight: the gateway answers it itself, for every method and any header", async () => {
    proxy = await startProxy();
    const answer = await proxy.request("/flags/", {
      method: "OPTIONS",
      headers: {
        origin: ORIGIN,
        "access-control-request-method": "POST",
        "access-control-request-headers": "x-custom, content-type",
      },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect(answer.headers.get("access-control-allow-headers")).toBe("x-custom, content-type");
    expect(answer.headers.get("access-control-allow-methods")).toContain("HEAD");
    expect(proxy.posthog.requests).toEqual([]);
  });
});
