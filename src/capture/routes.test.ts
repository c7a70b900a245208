import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { createCapture } from "./capture.ts";
import { BATCH, createRecorder, EVENT, SINGLE, TOKEN } from "./capture.fixture.ts";
import { routePath } from "./path.ts";

const PATHS = ["/e", "/i/v0/e", "/batch", "/capture", "/track", "/engage", "/i/v0/ai/batch"];
const pixel = (path: string) => `${path}?data=${encodeURIComponent(JSON.stringify(SINGLE))}`;

describe("a v0 path", () => {
  test.each(PATHS.flatMap((path) => [path, `${path}/`, `/${path}/`, `${path}//`]))(
    "%s takes events without a redirect",
    async (path) => {
      const recorder = createRecorder();
      const response = await recorder.post(BATCH, `http://edge${path}`);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("application/json");
      expect(await response.text()).toBe('{"status":"Ok"}');
      expect(recorder.batches.map((batch) => batch.events.map((event) => event.event))).toEqual([
        ["e1", "e2"],
      ]);
    },
  );

  test.each(PATHS)("%s takes a pixel", async (path) => {
    const recorder = createRecorder();
    expect((await recorder.app.request(pixel(path))).status).toBe(200);
    expect(recorder.batches[0]?.events[0]).toMatchObject(EVENT);
  });

  test.each(PATHS)("%s answers HEAD as GET, without a body and without recording", async (path) => {
    const recorder = createRecorder();
    const good = await recorder.app.request(pixel(path), { method: "HEAD" });
    const bad = await recorder.app.request(path, { method: "HEAD" });
    expect([good.status, await good.text(), bad.status, await bad.text()]).toEqual([200, "", 400, ""]);
    expect(recorder.batches).toEqual([]);
    expect(recorder.rejected).toEqual([]);
  });

  test.each(["PUT", "DELETE", "PATCH"])("refuses %s with 405", async (method) => {
    const response = await createRecorder().app.request("/e/", {
      method,
      headers: { origin: "https://a.example" },
    });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, POST, OPTIONS, HEAD");
    expect(response.headers.get("access-control-allow-origin")).toBe("https://a.example");
  });

  test("is matched the same when another app mounts capture", async () => {
    const batches: unknown[] = [];
    const capture = createCapture({
      authorise: () => true,
      ingest: async (batch) => void batches.push(batch.project),
      clientOf: () => ({ ip: null }),
      siteUrl: () => "http://edge",
      teamIdOf: () => 1,
      now: () => 0,
      randomBytes: (count) => new Uint8Array(count),
    });
    const gateway = new Hono({ getPath: routePath }).route("/", capture);
    const body = JSON.stringify(SINGLE);
    await gateway.request("http://edge//batch/", { method: "POST", body });
    expect(batches).toEqual([TOKEN]);
    expect((await gateway.request("/nope", { method: "POST", body })).status).toBe(404);
  });
});

describe("CORS", () => {
  test.each(["https://shop.example", "null"])(
    "mirrors the origin %s and whatever headers are asked for",
    async (origin) => {
      const response = await createRecorder().app.request("/batch/", {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type, x-posthog-session-id, x-anything",
        },
      });
      expect(response.status).toBe(200);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET, POST, OPTIONS, HEAD",
        "access-control-allow-headers": "content-type, x-posthog-session-id, x-anything",
        "access-control-max-age": "86400",
        vary: "Origin, Access-Control-Request-Headers",
      });
    },
  );

  test.each([
    ["accepted", SINGLE, "/e/", 200],
    ["a beacon", SINGLE, "/e/?beacon=1", 204],
    ["refused", {}, "/e/", 400],
    ["unauthorised", { ...SINGLE, api_key: "phc_other" }, "/e/", 401],
  ])("is on the answer to a request that is %s", async (_name, body, path, status) => {
    const response = await createRecorder().post(body, path, { origin: "https://shop.example" });
    expect(response.status).toBe(status);
    expect(response.headers.get("access-control-allow-origin")).toBe("https://shop.example");
    expect(response.headers.get("access-control-allow-credentials")).toBe("true");
    expect(response.headers.get("set-cookie")).toBeNull();
  });

  test("opens nothing to a request without an origin", async () => {
    const response = await createRecorder().post(SINGLE);
    expect([...response.headers.keys()]).toEqual(["content-type"]);
  });
});
