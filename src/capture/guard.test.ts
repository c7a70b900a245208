import { describe, expect, test } from "vitest";
import { BATCH, createRecorder, SINGLE, TOKEN, type Recorder } from "./capture.fixture.ts";
import type { CaptureOptions } from "./reception.ts";
import { postV1, V1_EVENT, V1_PATH, v1Body } from "./v1/v1.fixture.ts";

const ORIGIN = "https://shop.example";
const FOREIGN = "https://evil.example";

/** One good request of each protocol. */
const PROTOCOLS: [
  name: string,
  send: (recorder: Recorder, headers?: Record<string, string>) => Promise<Response>,
][] = [
  ["v0", (recorder, headers) => recorder.post(SINGLE, "/e/", headers)],
  ["v1", (recorder, headers) => postV1(recorder, v1Body(V1_EVENT), headers)],
];

describe.each(PROTOCOLS)("ALLOWED_ORIGINS, for %s,", (_name, send) => {
  const options = { allowedOrigins: [ORIGIN] };

  test("refuses a page of another origin with 403 that the page can read, and records nothing", async () => {
    const recorder = createRecorder(options);
    const response = await send(recorder, { origin: FOREIGN });
    expect(response.status).toBe(403);
    expect(response.headers.get("access-control-allow-origin")).toBe(FOREIGN);
    expect(await response.json()).toMatchObject({ type: "permission_error", code: "origin_not_allowed" });
    expect(recorder.batches).toEqual([]);
  });

  test.each([[{ origin: ORIGIN }], [{}]])("serves %o", async (headers) => {
    expect((await send(createRecorder(options), headers)).status).toBe(200);
  });
});

test.each(["/e/", V1_PATH])(
  "ALLOWED_ORIGINS leaves the preflight of %s alone, so that the page can read the 403 that follows",
  async (path) => {
    const { app } = createRecorder({ allowedOrigins: [ORIGIN] });
    const response = await app.request(path, { method: "OPTIONS", headers: { origin: FOREIGN } });
    expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([200, FOREIGN]);
  },
);

describe.each(PROTOCOLS)("RATE_LIMIT_PER_MINUTE, for %s,", (_name, send) => {
  function limited(options: Partial<CaptureOptions> = {}) {
    const clock = { ms: Date.parse("2023-01-01T12:00:00Z") };
    const recorder = createRecorder({ rateLimitPerMinute: 2, now: () => clock.ms, ...options });
    return { clock, recorder };
  }

  test("answers 429 with whole seconds to wait when a project sends more, and records nothing", async () => {
    const { recorder } = limited({ clientOf: () => ({ ip: null }) });
    await send(recorder);
    await send(recorder);
    const response = await send(recorder, { origin: ORIGIN });
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "30"]);
    expect(response.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect(await response.json()).toMatchObject({
      type: "throttled_error",
      code: "rate_limited",
      detail: "rate limit exceeded: events per minute",
    });
    expect(recorder.batches.length).toBe(2);
  });

  test("takes events again after the time it named", async () => {
    const { clock, recorder } = limited();
    for (let sent = 0; sent < 3; sent += 1) await send(recorder);
    clock.ms += 30_000;
    expect((await send(recorder)).status).toBe(200);
  });

  test("keeps projects apart", async () => {
    const { recorder } = limited({
      authorise: () => true,
      clientOf: () => ({ ip: null }),
    });
    for (let sent = 0; sent < 3; sent += 1) await send(recorder);
    expect((await recorder.post({ ...SINGLE, api_key: "phc_other" })).status).toBe(200);
  });

  test("bounds the requests of an address as well, usable or not, before their bodies are read", async () => {
    const { recorder } = limited();
    await recorder.post("{");
    await recorder.post({ ...SINGLE, api_key: "phc_other" });
    const response = await send(recorder);
    expect(response.status).toBe(429);
    expect(((await response.json()) as { detail: string }).detail).toBe(
      "rate limit exceeded: requests per minute from this address",
    );
  });

  test("keeps addresses apart", async () => {
    let ip = "203.0.113.1";
    const { recorder } = limited({ clientOf: () => ({ ip }) });
    for (let sent = 0; sent < 3; sent += 1) await recorder.post("{");
    ip = "203.0.113.2";
    expect((await send(recorder)).status).toBe(200);
  });
});

describe("RATE_LIMIT_PER_MINUTE", () => {
  test("counts events, not requests, towards a project's rate", async () => {
    const recorder = createRecorder({ rateLimitPerMinute: 3 });
    expect((await recorder.post(BATCH)).status).toBe(200);
    expect((await recorder.post(BATCH)).status).toBe(429);
    expect((await recorder.post(SINGLE)).status).toBe(200);
    expect(recorder.batches.map(({ project, events }) => [project, events.length])).toEqual([
      [TOKEN, 2],
      [TOKEN, 1],
    ]);
  });

  test("does not count a HEAD towards it, which records nothing", async () => {
    const recorder = createRecorder({
      rateLimitPerMinute: 1,
      clientOf: () => ({ ip: null }),
    });
    const pixel = `/e/?data=${encodeURIComponent(JSON.stringify(SINGLE))}`;
    for (let sent = 0; sent < 3; sent += 1) {
      expect((await recorder.app.request(pixel, { method: "HEAD" })).status).toBe(200);
    }
    expect((await recorder.app.request(pixel)).status).toBe(200);
  });

  test("bounds nothing unless it is set", async () => {
    const recorder = createRecorder();
    for (let sent = 0; sent < 50; sent += 1) expect((await recorder.post(SINGLE)).status).toBe(200);
  });
});
