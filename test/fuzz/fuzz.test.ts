import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBody } from "../../src/capture/decode.ts";
import { readCompressionHint } from "../../src/capture/compression.ts";
import { DEFAULT_LIMITS } from "../../src/capture/limits.ts";
import { payloads } from "./bodies.ts";
import { V0_ENCODINGS } from "./encodings.ts";
import { anyRequests, mutatedRequests, validRequests } from "./requests.ts";
import { createTarget } from "./target.ts";

/** `npm run fuzz` tries a hundred times as many. */
const RUNS = { numRuns: 2000 };

describe("decoding", () => {
  test.each(V0_ENCODINGS)("undoes $name", ({ encode, headers, query }) => {
    const hints = {
      compression: readCompressionHint(new URLSearchParams(query).get("compression")),
      contentEncoding: headers["content-encoding"] ?? null,
      contentType: null,
    };
    fc.assert(
      fc.property(payloads, (payload) => {
        const json = JSON.stringify({ event: "e1", properties: { payload } });
        expect(decodeBody(encode(json), hints, DEFAULT_LIMITS.maxDecodedBytes)).toBe(json);
      }),
      { numRuns: 200 },
    );
  });
});

describe("capture", () => {
  test.each([
    ["whatever it is sent", anyRequests],
    ["however nearly valid a request is", mutatedRequests],
  ])("never answers with a 5xx, and passes on nothing but whole events, %s", async (_name, requests) => {
    await fc.assert(fc.asyncProperty(requests, createTarget()), RUNS);
  });

  test("passes on what valid requests of both protocols hold, in all encodings", async () => {
    await fc.assert(fc.asyncProperty(validRequests, createTarget()), RUNS);
  });
});
