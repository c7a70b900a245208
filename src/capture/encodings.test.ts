import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import lzString from "lz-string";
import { describe, expect, test } from "vitest";
import { createRecorder, TOKEN } from "./capture.fixture.ts";

const PATHS = ["/e/", "/i/v0/e/", "/batch/", "/capture/", "/track/"];
const EVENT = { token: TOKEN, event: "my_event", distinct_id: "u1", properties: { a: 1, msg: "héllo ☃ 😀" } };
const SINGLE = JSON.stringify(EVENT);
const LIST = JSON.stringify([EVENT, { ...EVENT, event: "second" }]);
const FORM = { "content-type": "application/x-www-form-urlencoded" };
const TEXT = { "content-type": "text/plain" };

const gz = (text: string) => gzipSync(text);
const b64 = (text: string | Uint8Array) => Buffer.from(text as string).toString("base64");
const lz = (text: string) => lzString.compressToBase64(text);
const fe = encodeURIComponent;
const coded = (coding: string) => ({ "content-encoding": coding });

type Encoding = [
  name: string,
  encode: (json: string) => string | Uint8Array,
  headers: Record<string, string>,
  query?: string,
];

const ACCEPTED: Encoding[] = [
  ["JSON", (json) => json, { "content-type": "application/json" }],
  ["JSON as text/html", (json) => json, { "content-type": "text/html" }],
  ["JSON as octets", (json) => json, { "content-type": "application/octet-stream" }],
  ["JSON with a charset", (json) => json, { "content-type": "application/json; charset=utf-8" }],
  ["JSON after blanks and a byte order mark", (json) => `\ufeff \n${json}\n`, TEXT],
  ["JSON announced as a form", (json) => json, FORM],
  ["JSON with unknown hints", (json) => json, coded("identity"), "?compression=foo"],
  ["JSON with compression=none", (json) => json, TEXT, "?compression=none"],
  ["gzip by header", gz, { "content-type": "application/json", ...coded("gzip") }],
  ["gzip by query", gz, TEXT, "?compression=gzip-js"],
  ["gzip by query in capitals", gz, TEXT, "?compression=GZIP-JS"],
  ["gzip by both", gz, coded("gzip"), "?compression=gzip"],
  ["gzip without a hint", gz, TEXT],
  ["gzip twice", (json) => gzipSync(gz(json)), TEXT],
  ["base64 by query", b64, TEXT, "?compression=base64"],
  ["base64 without a hint", b64, TEXT],
  ["base64 without padding", (json) => b64(json).replace(/=+$/, ""), TEXT],
  ["base64 of the URL alphabet", (json) => Buffer.from(json).toString("base64url"), TEXT],
  ["base64 in lines", (json) => `${b64(json).replace(/.{76}/g, "$&\r\n")}\n`, TEXT],
  ["base64 twice", (json) => b64(b64(json)), TEXT],
  ["base64 of gzip", (json) => b64(gz(json)), TEXT],
  ["a form of base64", (json) => `data=${fe(b64(json))}&compression=base64`, FORM],
  ["a form of base64 with bare plus signs", (json) => `data=${b64(json)}`, FORM],
  [
    "a form with a charset",
    (json) => `data=${fe(b64(json))}`,
    { "content-type": `${FORM["content-type"]}; charset=UTF-8` },
  ],
  ["a form as text", (json) => `data=${fe(b64(json))}`, TEXT],
  ["a form of JSON", (json) => `data=${fe(json)}`, FORM],
  ["a form of base64 of gzip", (json) => `data=${fe(b64(gz(json)))}&compression=gzip-js`, FORM],
  ["a form of lz64", (json) => `data=${fe(lz(json))}&compression=lz64`, FORM],
  ["a form of lz64, hint first", (json) => `compression=lz64&data=${fe(lz(json))}`, FORM],
  ["a form of lz64 with bare plus signs", (json) => `ip=1&data=${lz(json)}&compression=lz-string`, FORM],
  ["lz64 by query", lz, TEXT, "?compression=lz64"],
  ["lz64 with blanks for plus signs", (json) => lz(json).replaceAll("+", " "), TEXT, "?compression=lz64"],
  ["deflate with a header", (json) => deflateSync(json), coded("deflate")],
  ["deflate without a header", (json) => deflateRawSync(json), coded("deflate")],
  ["brotli", (json) => brotliCompressSync(json), coded("br")],
  ["zstd", (json) => zstdCompressSync(json), coded("zstd")],
];

describe("every path takes", () => {
  test.each(ACCEPTED)("%s", async (_name, encode, headers, query = "") => {
    for (const path of PATHS) {
      const recorder = createRecorder();
      expect(await recorder.captured(encode(SINGLE), path + query, headers)).toMatchObject({
        event: "my_event",
        properties: EVENT.properties,
      });
      expect((await recorder.post(encode(LIST), path + query, headers)).status).toBe(200);
      expect(recorder.batches[1]?.events.map((event) => event.event)).toEqual(["my_event", "second"]);
    }
  });

  test.each([
    ["JSON", fe(SINGLE)],
    ["base64", fe(b64(SINGLE))],
    ["base64 with bare plus signs", b64(SINGLE)],
    ["lz64", `${fe(lz(SINGLE))}&compression=lz64`],
    ["base64 of gzip", `${fe(b64(gz(SINGLE)))}&compression=gzip-js`],
  ])("a pixel of %s, and prefers it to a body", async (_name, data) => {
    const recorder = createRecorder();
    expect((await recorder.app.request(`/e/?data=${data}`)).status).toBe(200);
    expect((await recorder.post("{", `/e/?data=${data}`)).status).toBe(200);
    expect(recorder.batches.map((batch) => batch.events[0]?.event)).toEqual(["my_event", "my_event"]);
  });

  test("lone surrogates, as U+FFFD", async () => {
    const body = String.raw`{"token":"${TOKEN}","event":"e","distinct_id":"a\ud83d","properties":{"bad\u0000":"\ud83d"}}`;
    const event = await createRecorder().captured(body);
    expect([event.distinct_id, event.properties]).toEqual(["a\ufffd", { "bad\ufffd": "\ufffd" }]);
  });

  test("duplicate keys, of which the last counts", async () => {
    const body = `{"token":"${TOKEN}","event":"first","event":"last","distinct_id":"u"}`;
    expect((await createRecorder().captured(body)).event).toBe("last");
  });
});

const DECODE = "failed to decode request: ";
const PARSE = "failed to parse request: ";

describe("a body that cannot be read is refused with 400:", () => {
  test.each<[string, string | Uint8Array, string, (Record<string, string> | undefined)?, string?]>([
    ["empty", "", "request missing data payload"],
    ["blank", " \n", "request missing data payload"],
    ["a form without data", "ip=1&_=5", "request missing data payload", FORM],
    ["gzip of nothing", gz(""), "request missing data payload"],
    ["a form of something else", "name=x", `${DECODE}expected form data in POST request payload`, FORM],
    ["JSON announced as gzip by header", SINGLE, `${DECODE}the body is announced as gzip`, coded("gzip")],
    [
      "JSON announced as gzip by query",
      SINGLE,
      `${DECODE}the body is announced as gzip`,
      {},
      "?compression=gzip",
    ],
    ["truncated gzip", gz(SINGLE).subarray(0, 40), `${DECODE}invalid gzip`],
    [
      "corrupt gzip",
      Buffer.concat([gz(SINGLE).subarray(0, 20), Buffer.from("garbage")]),
      `${DECODE}invalid gzip`,
    ],
    ["corrupt deflate", SINGLE, `${DECODE}invalid deflate`, coded("deflate")],
    ["corrupt brotli", SINGLE, `${DECODE}invalid br`, coded("br")],
    ["corrupt zstd", SINGLE, `${DECODE}invalid zstd`, coded("zstd")],
    ["corrupt lz64", "data=%2F%2F%2F%2F&compression=lz64", `${DECODE}invalid lz64 data`, FORM],
    [
      "base64 five times",
      b64(b64(b64(b64(b64(SINGLE))))),
      `${DECODE}the payload is wrapped more than 4 times`,
    ],
    [
      "bytes that are no UTF-8",
      new Uint8Array([0x7b, 0x22, 0xff, 0x22]),
      `${DECODE}invalid UTF8 in request payload`,
    ],
    ["prose", "Hello, world!", PARSE],
    ["half an object", SINGLE.slice(0, 50), PARSE],
    ["null", "null", `${PARSE}expected an event`],
    ["a string", '"x"', `${PARSE}expected an event`],
    ["a number", "5", `${PARSE}expected an event`],
    ["a boolean", "true", `${PARSE}expected an event`],
    ["a list of numbers", "[5]", `${PARSE}an event is not an object`],
    ["an empty object", "{}", "failed to hydrate events from request: non-engage request missing event name"],
    ["an empty list", "[]", "request holds no event"],
    ["an empty batch", `{"api_key":"${TOKEN}","batch":[]}`, "request holds no event"],
    ["a batch that is no list", `{"api_key":"${TOKEN}","batch":{}}`, PARSE],
    ["base64 in an object", `{"api_key":"${TOKEN}","data":"${b64(SINGLE)}"}`, "failed to hydrate events"],
    ["a query whose time is none", SINGLE, `${PARSE}the query parameter _`, {}, "?_=abc"],
    ["a query whose beacon is no flag", SINGLE, `${PARSE}the query parameter beacon`, {}, "?beacon=true"],
  ])("%s", async (_name, body, message, headers = {}, query = "") => {
    const recorder = createRecorder();
    const response = await recorder.post(body, `/e/${query}`, headers);
    const answer = await response.json();
    expect(response.status).toBe(400);
    expect(answer.detail).toContain(message);
    expect(answer).toEqual({
      type: "validation_error",
      code: expect.stringMatching(/^[a-z_]+$/),
      detail: answer.detail,
      error: answer.detail,
    });
    expect(recorder.batches).toEqual([]);
  });
});

describe("a body too large is refused with 413:", () => {
  const limits = { maxWireBytes: 10_000, maxDecodedBytes: 20_000 };
  const long = JSON.stringify({ ...EVENT, properties: { text: "x".repeat(30_000) } });

  test.each<[string, string | Uint8Array, Record<string, string>]>([
    ["on the wire", long, {}],
    ["after gunzip", gz(long), {}],
    ["after two gunzips", gzipSync(gz(long)), {}],
    ["after inflate", deflateSync(long), coded("deflate")],
    ["after brotli", brotliCompressSync(long), coded("br")],
    ["after zstd", zstdCompressSync(long), coded("zstd")],
    ["after lz64", `data=${fe(lz(long))}&compression=lz64`, FORM],
  ])("%s", async (_name, body, headers) => {
    const response = await createRecorder({ limits }).post(body, "/e/", headers);
    expect(response.status).toBe(413);
    expect((await response.json()).detail).toContain("maximum event size exceeded");
  });
});
