import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createRecorder, EVENT, SINGLE, TOKEN } from "./capture.fixture.ts";
import { requireSparse } from "./density.ts";
import { postV1 } from "./v1/v1.fixture.ts";

const MEGABYTE = 1024 * 1024;
const LIMITS = { maxContainers: 10, maxCommas: 30 };

describe("JSON that would explode in memory", () => {
  test.each([
    ["objects", `[${"{},".repeat(11)}0]`],
    ["lists", `[${"[],".repeat(11)}0]`],
    ["nested lists", "[".repeat(21) + "]".repeat(21)],
    ["values", `[${"0,".repeat(31)}0]`],
  ])("by its %s is refused with 413", (_name, json) => {
    expect(() => requireSparse(json, LIMITS)).toThrow(expect.objectContaining({ status: 413 }));
  });

  test.each([
    ["as many objects and values as are allowed", `[${"{},".repeat(9)}${"0,".repeat(21)}0]`],
    ["long text", `["${"x".repeat(1000)}"]`],
    ["a short text, whatever is in it", "{[{[{[{[{[{["],
  ])("is not: %s", (_name, json) => {
    expect(() => requireSparse(json, LIMITS)).not.toThrow();
  });

  const bomb = gzipSync(`{"api_key":"${TOKEN}","created_at":"x","batch":[${"{},".repeat(10 * MEGABYTE)}{}]}`);

  test("is refused before it is parsed, out of 30 KB of gzip, by both protocols", async () => {
    expect(bomb.byteLength).toBeLessThan(100_000);
    const recorder = createRecorder();
    for (const response of [
      await recorder.post(bomb),
      await postV1(recorder, bomb, { "content-encoding": "gzip" }),
    ]) {
      expect(response.status).toBe(413);
    }
    expect(recorder.batches).toEqual([]);
  });

  test("is not what a large batch of usual events is", async () => {
    const recorder = createRecorder();
    const event = { ...EVENT, properties: { ...SINGLE.properties, $set: { plan: "free" }, list: [1, 2, 3] } };
    const batch = Array.from({ length: 50_000 }, () => event);
    expect((await recorder.post({ api_key: TOKEN, batch })).status).toBe(200);
    expect(recorder.batches[0]?.events.length).toBe(50_000);
  });
});

describe("memory", () => {
  test("stays bounded while a body without end streams in: reading stops at the limit", async () => {
    let pulled = 0;
    const chunk = new Uint8Array(64 * 1024).fill(0x20);
    const body = new ReadableStream<Uint8Array>({
      pull(stream) {
        pulled += chunk.byteLength;
        stream.enqueue(chunk);
      },
    });
    const limits = { maxWireBytes: MEGABYTE };
    const request = new Request("http://edge/e/", { method: "POST", body, duplex: "half" } as RequestInit);
    const response = await createRecorder({ limits }).app.request(request);
    expect(response.status).toBe(413);
    expect(pulled).toBeLessThan(2 * MEGABYTE);
  });

  test("stays bounded while a gzip bomb is inflated: it is refused at the limit", async () => {
    const bomb = gzipSync(Buffer.alloc(200 * MEGABYTE));
    expect(bomb.byteLength).toBeLessThan(MEGABYTE);
    const before = process.memoryUsage().arrayBuffers;
    expect((await createRecorder().post(bomb)).status).toBe(413);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(80 * MEGABYTE);
  });
});
