import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createRecorder, NOW } from "../capture.fixture.ts";
import { HEADERS, postV1, UUIDS, V1_EVENT, V1_PATH, v1Body } from "./v1.fixture.ts";

const json = JSON.stringify(v1Body(V1_EVENT));
const MEGABYTE = 1024 * 1024;

async function refusal(body: unknown, headers: Record<string, string> = {}, recorder = createRecorder()) {
  const response = await postV1(recorder, body, headers);
  expect(recorder.batches).toEqual([]);
  return [response.status, ((await response.json()) as { error: string }).error];
}

describe("a v1 body", () => {
  test.each([
    ["gzip", gzipSync(json)],
    ["deflate", deflateSync(json)],
    ["deflate", deflateRawSync(json)],
    ["br", brotliCompressSync(json)],
    ["zstd", zstdCompressSync(json)],
    ["GZIP", gzipSync(json)],
  ])("is read as %s", async (coding, body) => {
    const recorder = createRecorder();
    expect((await postV1(recorder, body, { "content-encoding": coding })).status).toBe(200);
    expect(recorder.batches[0]?.events[0]).toMatchObject({ event: "e1", uuid: UUIDS[0], distinct_id: "u1" });
  });

  test.each(["gzip", "deflate", "br", "zstd"])(
    "that is announced as %s and is not gets 400",
    async (coding) => {
      expect(await refusal(json, { "content-encoding": coding })).toEqual([400, "request_decoding_error"]);
    },
  );

  test.each<[string, unknown, string]>([
    ["nothing", "", "empty_body"],
    ["blanks", " \n", "empty_body"],
    ["no JSON", "{", "request_parsing_error"],
    ["no UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "request_decoding_error"],
    ["a list", [V1_EVENT], "request_parsing_error"],
    ["null", null, "request_parsing_error"],
    ["no created_at", { batch: [V1_EVENT] }, "request_parsing_error"],
    ["a created_at that is no time", { created_at: "now", batch: [V1_EVENT] }, "invalid_batch"],
    ["a created_at in ms", { created_at: 1_672_574_400_000, batch: [V1_EVENT] }, "invalid_batch"],
    ["no batch", { created_at: NOW }, "request_parsing_error"],
    ["a batch that is no list", { created_at: NOW, batch: V1_EVENT }, "request_parsing_error"],
    ["an empty batch", v1Body(), "empty_batch"],
    ["an event that is no object", v1Body(V1_EVENT, 5), "request_parsing_error"],
    ["an event without a uuid", v1Body(V1_EVENT, { ...V1_EVENT, uuid: undefined }), "missing_event_uuid"],
    ["an event with a bad uuid", v1Body(V1_EVENT, { ...V1_EVENT, uuid: "nope" }), "invalid_event_uuid"],
    ["one uuid twice", v1Body(V1_EVENT, V1_EVENT), "duplicate_event_uuid"],
    [
      "one uuid in two spellings",
      v1Body(V1_EVENT, { ...V1_EVENT, uuid: UUIDS[0].toUpperCase() }),
      "duplicate_event_uuid",
    ],
    [
      "no event that has all fields",
      v1Body({ ...V1_EVENT, distinct_id: undefined }),
      "request_parsing_error",
    ],
    ["a name that is a number, alone", v1Body({ ...V1_EVENT, event: 5 }), "request_parsing_error"],
  ])("of %s gets 400", async (_name, body, error) => {
    expect(await refusal(body)).toEqual([400, error]);
  });

  test("above 10 MiB on the wire, or the limit once inflated, gets 413", async () => {
    expect(await refusal("x".repeat(10 * MEGABYTE + 1))).toEqual([413, "payload_too_large"]);
    const bomb = gzipSync(Buffer.alloc(51 * MEGABYTE, " "));
    expect(await refusal(bomb, { "content-encoding": "gzip" })).toEqual([413, "payload_too_large"]);
  });

  test("that stops arriving gets 408 and a second to wait", async () => {
    const recorder = createRecorder({ limits: { bodyPauseMs: 1 } });
    const body = new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode("{")) });
    const request = new Request(`http://edge${V1_PATH}`, {
      method: "POST",
      headers: HEADERS,
      body,
      duplex: "half",
    } as RequestInit);
    const response = await recorder.app.request(request);
    expect([response.status, response.headers.get("retry-after")]).toEqual([408, "1"]);
  });
});
