import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { ORIGIN, type ProxyFixture, startProxy } from "./proxy.fixture.ts";

let proxy: ProxyFixture;
afterEach(() => proxy.stop());

const fromPage = { headers: { origin: ORIGIN } };

test.each([400, 401, 402, 404, 429, 500, 503])(
  "gives PostHog's %i to the client as it is, with Retry-After and body",
  async (status) => {
    proxy = await startProxy();
    proxy.posthog.answerWith(() =>
      Response.json({ detail: "why" }, { status, headers: { "Retry-After": "7" } }),
    );
    const answer = await proxy.request("/flags/", { method: "POST", body: "{}", ...fromPage });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("retry-after")).toBe("7");
    expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect(await answer.json()).toEqual({ detail: "why" });
  },
);

test("puts one set of CORS headers in place of PostHog's", async () => {
  proxy = await startProxy();
  const headers = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "X-Theirs",
    Vary: "Accept-Encoding",
  };
  proxy.posthog.answerWith(() => Response.json({}, { headers }));
  const answer = await proxy.request("/api/surveys/", fromPage);
  expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN);
  expect(answer.headers.get("access-control-allow-headers")).toBeNull();
  expect(answer.headers.get("vary")).toBe("Accept-Encoding, Origin");
  expect((await proxy.request("/api/surveys/")).headers.get("vary")).toContain("Origin");
});

test("keeps PostHog's cookies and transport policies from the customer's host", async () => {
  proxy = await startProxy();
  const theirs = { "Set-Cookie": "a=1", "Strict-Transport-Security": "max-age=1", "Alt-Svc": 'h3=":443"' };
  proxy.posthog.answerWith(() => Response.json({}, { headers: { ...theirs, "X-Kept": "1" } }));
  const { headers } = await proxy.request("/api/surveys/");
  expect(Object.keys(theirs).filter((name) => headers.has(name))).toEqual([]);
  expect(headers.get("x-kept")).toBe("1");
});

test("hands redirects to the client, those within PostHog as paths of this gateway", async () => {
  proxy = await startProxy();
  let location = `${proxy.posthog.url}/api/surveys/?token=t`;
  proxy.posthog.answerWith(() => new Response(null, { status: 301, headers: { location } }));
  const within = await proxy.request("/api/surveys?token=t");
  location = "https://elsewhere.example/x";
  const outside = await proxy.request("/api/surveys?token=t");
  expect([within.status, within.headers.get("location")]).toEqual([301, "/api/surveys/?token=t"]);
  expect(outside.headers.get("location")).toBe("https://elsewhere.example/x");
  expect(proxy.posthog.requests).toHaveLength(2);
});

test("passes a 304 and its ETag, for definitions that have not changed", async () => {
  proxy = await startProxy();
  proxy.posthog.answerWith(({ headers }) =>
    headers["if-none-match"] === '"v1"'
      ? new Response(null, { status: 304, headers: { etag: '"v1"' } })
      : Response.json({ flags: [] }, { headers: { etag: '"v1"' } }),
  );
  const first = await proxy.request("/flags/definitions?token=t");
  expect(first.headers.get("etag")).toBe('"v1"');
  const headers = { "if-none-match": '"v1"' };
  const second = await proxy.request("/flags/definitions?token=t", { headers });
  expect([second.status, second.headers.get("etag"), await second.text()]).toEqual([304, '"v1"', ""]);
});

test("answers decoded what PostHog compressed, without the headers of the compressed form", async () => {
  proxy = await startProxy();
  const body = gzipSync("x".repeat(10_000));
  proxy.posthog.answerWith(
    () =>
      new Response(body, { headers: { "content-encoding": "gzip", "content-length": String(body.length) } }),
  );
  const answer = await proxy.request("/static/recorder.js");
  expect(answer.headers.get("content-encoding")).toBeNull();
  expect(answer.headers.get("content-length")).toBeNull();
  expect(await answer.text()).toBe("x".repeat(10_000));
});

test("answers HEAD with PostHog's headers and no body", async () => {
  proxy = await startProxy();
  proxy.posthog.answerWith(() => new Response(null, { headers: { etag: '"v1"' } }));
  const answer = await proxy.request("/static/array.js", { method: "HEAD", ...fromPage });
  expect([answer.status, answer.headers.get("etag"), await answer.text()]).toEqual([200, '"v1"', ""]);
  expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN);
});

test("answers 504 with CORS when PostHog does not answer in time, and says so in the log", async () => {
  proxy = await startProxy({ limits: { answerTimeoutMs: 50 } });
  const { promise: released, resolve: release } = Promise.withResolvers<Response>();
  proxy.posthog.answerWith(() => released);
  const answer = await proxy.request("/flags/", { method: "POST", body: "{}", ...fromPage });
  release(new Response());
  expect(answer.status).toBe(504);
  expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN);
  expect(await answer.json()).toMatchObject({ type: "server_error", code: "upstream_timeout" });
  expect(proxy.faults).toEqual([expect.stringContaining("POST /flags/: PostHog did not answer within 1 s")]);
});

test("gives up an answer that never ends", async () => {
  proxy = await startProxy({ limits: { answerTimeoutMs: 2000, transferTimeoutMs: 50 } });
  proxy.posthog.answerWith(
    () => new Response(new ReadableStream({ start: (c) => c.enqueue(Buffer.from("x")) })),
  );
  const answer = await proxy.request("/static/array.js");
  await expect(answer.text()).rejects.toThrow();
});

test("answers 502 with CORS when PostHog cannot be reached", async () => {
  proxy = await startProxy();
  await proxy.posthog.stop();
  const answer = await proxy.request("/flags/", { method: "POST", body: "{}", ...fromPage });
  expect(answer.status).toBe(502);
  expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN);
  expect(await answer.json()).toMatchObject({ code: "upstream_unreachable", detail: expect.any(String) });
  expect(proxy.faults).toEqual([expect.stringContaining("ECONNREFUSED")]);
});

test("answers 502 when remote config breaks off", async () => {
  const broken = new ReadableStream({
    pull(controller) {
      controller.enqueue(Buffer.from('{"analytics":'));
      controller.error(new Error("gone"));
    },
  });
  proxy = await startProxy({ fetch: async () => new Response(broken) });
  expect((await proxy.request("/array/phc_test/config")).status).toBe(502);
});
