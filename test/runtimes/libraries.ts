import { expect, test } from "vitest";
import type { RecordedRequest, Recorder } from "../recorder.ts";

/** What apps may import, tried from within by the app `libraries`: `hook` is the server that it sends to and reports to. */
export function testLibraries({
  hook,
  run,
}: {
  hook: () => Recorder;
  run: (plugin: string, task: string) => Promise<Response>;
}): void {
  test("gives apps the same libraries as everywhere", async () => {
    hook().answerWith(answerLibraries);
    expect((await run("libraries", "runEveryDay")).status).toBe(202);
    const reports = () =>
      hook().requests.flatMap(({ path, json }) => (path === "/report" ? [json as LibraryReport] : []));
    const names = Object.keys(expectedOfLibraries);
    await expect.poll(() => reports().length).toBe(names.length);
    expect(Object.fromEntries(reports().map(({ library, report }) => [library, report]))).toEqual(
      expectedOfLibraries,
    );
  });

  test("brings an app's own buffer to onFlush: at once when it is full, the rest when its time has come", async () => {
    const flushed = () =>
      hook().requests.flatMap(({ json }) => {
        const { flushed: objects, points } = (json ?? {}) as { flushed?: unknown[]; points?: number };
        return objects ? [[objects, points]] : [];
      });
    expect((await run("libraries", "runEveryHour")).status).toBe(202);
    await expect.poll(flushed).toEqual([
      [[{ n: 1 }, { n: 2 }], 2],
      [[{ n: 3 }], 1],
    ]);
  });
}

/** What the app `libraries` reports of one library. */
interface LibraryReport {
  library: string;
  report: Record<string, unknown>;
}

/** The server that the app tries its `fetch` on. */
function answerLibraries({ path, method, headers, body }: RecordedRequest): Response | Promise<Response> {
  switch (path) {
    case "/text":
      return new Response("some text", {
        headers: [
          ["Set-Cookie", "a=1"],
          ["Set-Cookie", "b=2"],
        ],
      });
    case "/echo":
      return Response.json({
        method,
        type: headers["content-type"] ?? null,
        length: headers["content-length"],
        ...(headers["authorization"] ? { authorization: headers["authorization"] } : {}),
        body,
      });
    case "/redirect":
      return new Response(null, { status: 302, headers: { Location: "/text" } });
    case "/half":
      return new Response(new ReadableStream({ start: (half) => half.enqueue(Buffer.from("some")) }));
    case "/silence":
      return new Promise(() => {});
    default:
      return Response.json({});
  }
}

const text = "some text";

/** The same on every runtime. */
const expectedOfLibraries: Record<string, Record<string, unknown>> = {
  crypto: {
    "one module": true,
    createHash: "0cc175b9c0f1b6a831c399e269772661",
    createHmac: "eAw9tM495bnlWBb7qY9ZBjHZbAdScbJpdiONX0REIZs=",
    randomBytes: 24,
    randomUUID: 36,
    timingSafeEqual: true,
    pbkdf2Sync: "6bc9228d74b022a2a590d4270e92d451",
    createSign: true,
    createCipheriv: "secret",
  },
  url: {
    parse: ["e", "?y=1"],
    format: "http://a.b/x?y=1",
    resolve: "http://a.b/e",
    URL: ["http://a.b/x", true],
    URLSearchParams: "a=b+c",
  },
  zlib: {
    gzipSync: "text",
    deflateSync: "text",
    brotliCompressSync: "text",
    promisified: "text",
    streamed: "text",
  },
  stream: { PassThrough: "ab", Readable: "ab" },
  buffer: { Buffer: [true, "hi"], isBuffer: true },
  util: { inspect: "{ a: [ 1 ] }", format: "a 1", "types.isDate": true },
  events: { EventEmitter: [1] },
  path: { join: "/b", extname: ".csv" },
  querystring: { parse: { a: ["1", "2"], b: " " }, stringify: "a=1&a=2&b=%20" },
  assert: { equal: true, fails: "AssertionError: as it should" },
  string_decoder: { write: "ü" },
  "node-fetch": {
    "named exports": [{ a: ["1"] }, "POST", 200, true],
    "default is callable": "function",
    "text and json": [text, "POST"],
    "response.buffer": [true, text],
    "response.clone": [text, text],
    "headers.raw": ["a=1", "b=2"],
    "body.pipe": text,
    "body.on": text,
    "body is read in a loop": text,
    "body is read when it is readable": text,
    "body through a pipeline": text,
    "Buffer as body": { method: "POST", type: null, length: "5", body: "bytes" },
    "URLSearchParams as body": {
      method: "POST",
      type: "application/x-www-form-urlencoded;charset=UTF-8",
      length: "3",
      body: "a=1",
    },
    "stream as body": { method: "POST", type: null, length: "6", body: "stream" },
    "form-data as body": {
      method: "POST",
      type: "multipart/form-data;boundary=b",
      length: "5",
      body: "--b--",
    },
    "FormData as body": ["multipart/form-data", true],
    "agent, follow and compress": 200,
    "redirect: follow": 200,
    "redirect: manual": [302, "/text"],
    "redirect: error": ["FetchError", "no-redirect", true],
    "size that is kept": text,
    "size that is exceeded": ["FetchError", "max-size", true],
    timeout: ["FetchError", "request-timeout", true],
    "timeout of the body": ["FetchError", "body-timeout", true],
    "a name and password in the address": "Basic bWU6cEBzcw==",
    "an address as url.parse gives it": text,
    abort: ["AbortError", "aborted", true],
    "nobody there": ["FetchError", "system", true],
  },
  jsonwebtoken: {
    HS256: 1,
    RS256: ["RS256", "k", "me"],
    callback: null,
    decode: { a: 1 },
    expired: ["TokenExpiredError", "jwt expired", true, 1000],
    "not before": "NotBeforeError: jwt not active",
    forged: "JsonWebTokenError: invalid signature",
    malformed: "JsonWebTokenError: jwt malformed",
  },
};
