import { deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import lzString from "lz-string";
import { describe, expect, test } from "vitest";
import { createRecorder, SINGLE, TOKEN } from "./capture.fixture.ts";
import { decodeBody, type DecodeHints } from "./decode.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

const RUNS = { numRuns: 2000 };
const bytes = (text: string) => new TextEncoder().encode(text);
const b64 = (value: Uint8Array) => Buffer.from(value).toString("base64");
const form = (text: string) => `data=${encodeURIComponent(text)}`;

const WRAPPINGS: [name: string, wrap: (json: string) => Uint8Array, hints: Partial<DecodeHints>][] = [
  ["nothing", bytes, {}],
  ["gzip", (json) => gzipSync(json), {}],
  ["deflate", (json) => deflateSync(json), { contentEncoding: "deflate" }],
  ["base64", (json) => bytes(b64(bytes(json))), {}],
  ["base64 twice", (json) => bytes(b64(bytes(b64(bytes(json))))), {}],
  ["base64 of gzip", (json) => bytes(b64(gzipSync(json))), {}],
  ["a form", (json) => bytes(form(json)), {}],
  ["a form of base64", (json) => bytes(form(b64(bytes(json)))), {}],
  ["a form of lz64", (json) => bytes(`${form(lzString.compressToBase64(json))}&compression=lz64`), {}],
  ["lz64", (json) => bytes(lzString.compressToBase64(json)), { compression: "lz64" }],
];

/** Any text of well-formed characters: what JSON can carry unchanged. */
const words = fc.string({ unit: "binary" });
const properties = fc.dictionary(
  words,
  fc.oneof(words, fc.double({ noNaN: true }), fc.boolean(), fc.array(words)),
);

describe("decoding", () => {
  test.each(WRAPPINGS)("undoes %s", (_name, wrap, hints) => {
    const all = { compression: null, contentEncoding: null, contentType: null, ...hints };
    fc.assert(
      fc.property(properties, (value) => {
        const json = JSON.stringify({ ...SINGLE, properties: value });
        expect(decodeBody(wrap(json), all, DEFAULT_LIMITS.maxDecodedBytes)).toBe(json);
      }),
      { numRuns: 200 },
    );
  });
});

const paths = fc.constantFrom(
  "/e",
  "/i/v0/e/",
  "/batch",
  "/capture/",
  "/track",
  "/engage",
  "/i/v0/ai/batch/",
);
const queries = fc.oneof(
  fc.constantFrom(
    "",
    "?beacon=1",
    "?compression=gzip",
    "?compression=lz64",
    "?_=1700000000000",
    "?ip=1&ver=1",
  ),
  fc.webQueryParameters().map((query) => `?${query}`),
  fc.string().map((text) => `?data=${encodeURIComponent(text)}`),
);
const headers = fc.record(
  {
    "content-type": fc.constantFrom(
      "application/json",
      "text/plain",
      "application/x-www-form-urlencoded",
      "x",
    ),
    "content-encoding": fc.constantFrom("gzip", "deflate", "br", "zstd", "identity", "GZIP", ", gzip"),
    "content-length": fc.constantFrom("0", "5", "many", "-1"),
    origin: fc.constantFrom("null", "https://a.example", "*"),
  },
  { requiredKeys: [] },
);

/** JSON as a careless or hostile client writes it: the right keys, any values. */
const strange = fc.jsonValue({ depthSize: "small" });
const KEYS = [
  "api_key",
  "token",
  "event",
  "distinct_id",
  "uuid",
  "properties",
  "timestamp",
  "sent_at",
  "offset",
  "batch",
];
const mutated = fc
  .tuple(
    fc.dictionary(
      fc.constantFrom(...KEYS, "$set", "$set_once", "__proto__", "historical_migration"),
      strange,
    ),
    fc.array(fc.dictionary(fc.constantFrom(...KEYS), strange), { maxLength: 4 }),
    fc.integer({ min: 0, max: 2 }),
  )
  .map(([fields, items, shape]) => {
    const valid = { ...SINGLE, ...fields };
    return JSON.stringify(
      shape === 0 ? valid : shape === 1 ? items : { ...valid, batch: [...items, SINGLE] },
    );
  });
const wrapped = fc.tuple(fc.constantFrom(...WRAPPINGS), mutated).map(([[, wrap], json]) => wrap(json));
/** A valid request with some bytes changed: gzip with broken checksums, base64 with foreign characters … */
const damaged = fc
  .tuple(wrapped, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }))
  .map(([body, changes]) => {
    const copy = new Uint8Array(body);
    for (const [at, byte] of changes) copy[at % copy.length] = byte;
    return copy;
  });

/** Whatever is passed on has to be whole; a failure here becomes a 500 there. */
const { app } = createRecorder({
  ingest: async ({ project, events }) => {
    expect(project).toBe(TOKEN);
    for (const event of events) {
      expect(event.uuid).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
      expect(event.event).not.toBe("");
      expect(event.distinct_id.trim()).not.toBe("");
      expect(event.properties ?? {}).toBeTypeOf("object");
    }
  },
});

async function statusOf(url: string, init: RequestInit): Promise<number> {
  const response = await app.request(url, init);
  const text = await response.text();
  if (response.status !== 204) expect(JSON.parse(text)).toBeTypeOf("object");
  return response.status;
}

describe("no request gets anything but a success or a 4xx, and passes on anything but whole events:", () => {
  test.each([
    ["arbitrary bytes", fc.uint8Array({ maxLength: 300 })],
    ["valid wrappings around strange JSON", wrapped],
    ["damaged wrappings", damaged],
  ])("%s", async (_name, bodies) => {
    await fc.assert(
      fc.asyncProperty(paths, queries, bodies, headers, async (path, query, body, fields) => {
        const init = { method: "POST", body: new Uint8Array(body), headers: fields };
        expect([200, 204, 400, 401, 413]).toContain(await statusOf(path + query, init));
      }),
      RUNS,
    );
  });

  test("arbitrary pixels", async () => {
    await fc.assert(
      fc.asyncProperty(paths, queries, async (path, query) => {
        expect([200, 204, 400, 401]).toContain(await statusOf(path + query, {}));
      }),
      RUNS,
    );
  });
});
