import { describe, expect, test } from "vitest";
import { createRecorder, EVENT, SINGLE, TOKEN } from "./capture.fixture.ts";
import { CaptureError, Unavailable } from "./errors.ts";

const MEGABYTE = 1024 * 1024;
const large = (bytes: number) => ({ ...EVENT, properties: { text: "x".repeat(bytes) } });
const failing = (error: Error) => async () => {
  throw error;
};

describe("an answer", () => {
  test("is 204 and empty for a beacon that is accepted", async () => {
    const response = await createRecorder().post(SINGLE, "/e/?beacon=1");
    expect([response.status, await response.text()]).toEqual([204, ""]);
  });

  test.each([0, ""])("is the usual one for beacon=%s", async (flag) => {
    expect((await createRecorder().post(SINGLE, `/e/?beacon=${flag}`)).status).toBe(200);
  });

  test("is 400 for a beacon that cannot be read", async () => {
    expect((await createRecorder().post("{", "/e/?beacon=1")).status).toBe(400);
  });

  test("comes after the events are durable", async () => {
    let accept: (() => void) | undefined;
    const accepted = new Promise<void>((resolve) => (accept = resolve));
    let answered = false;
    const answer = createRecorder({ ingest: () => accepted }).post(SINGLE);
    void answer.then(() => (answered = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    accept?.();
    expect((await answer).status).toBe(200);
  });

  test("is 503 with whole seconds to wait when the events can be kept nowhere, so that the SDK keeps them", async () => {
    const ingest = failing(new Unavailable("queue and store refused", 1.2));
    const response = await createRecorder({ ingest }).post(SINGLE, "/e/", { origin: "https://a.example" });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("2");
    expect(response.headers.get("access-control-allow-origin")).toBe("https://a.example");
    expect(await response.json()).toEqual({
      type: "server_error",
      code: "unavailable",
      detail: "transient error, please retry",
      error: "transient error, please retry",
    });
  });

  test("is what ingest refuses with", async () => {
    const ingest = failing(new CaptureError(413, "request_too_large", "too much"));
    expect((await createRecorder({ ingest }).post(SINGLE)).status).toBe(413);
  });

  test("to a fault of the gateway is left to the gateway", async () => {
    const { app, post } = createRecorder({ ingest: failing(new Error("a bug")) });
    const seen: unknown[] = [];
    app.onError((error, context) => {
      seen.push(error.message);
      return context.text("internal", 500);
    });
    expect((await post(SINGLE)).status).toBe(500);
    expect(seen).toEqual(["a bug"]);
  });
});

describe("a large event", () => {
  test.each<[string, unknown]>([
    ["alone", { api_key: TOKEN, ...large(1.5 * MEGABYTE) }],
    ["among small ones", { api_key: TOKEN, batch: [EVENT, large(1.5 * MEGABYTE)] }],
    [
      "in two-byte characters",
      { api_key: TOKEN, ...EVENT, properties: { text: "é".repeat(0.6 * MEGABYTE) } },
    ],
  ])("%s gets 413 and nothing of the request is recorded", async (_name, body) => {
    const recorder = createRecorder();
    const response = await recorder.post(body);
    expect(response.status).toBe(413);
    expect((await response.json()).detail).toContain("maximum event size exceeded");
    expect(recorder.batches).toEqual([]);
  });

  test("is taken up to 1 MB, and so is a batch of many such", async () => {
    const recorder = createRecorder();
    const batch = Array.from({ length: 5 }, () => large(0.9 * MEGABYTE));
    expect((await recorder.post({ api_key: TOKEN, batch })).status).toBe(200);
    expect(recorder.batches[0]?.events.length).toBe(5);
  });
});
