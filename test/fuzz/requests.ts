import fc from "fast-check";
import { extremeJson, mutatedJson, payloads } from "./bodies.ts";
import { V0_ENCODINGS, V1_ENCODINGS, type Encoding } from "./encodings.ts";
import { toRequest, type FuzzRequest } from "./request.ts";
import { TOKEN } from "./target.ts";

const V0_PATHS = ["/e", "/e/", "/i/v0/e/", "/batch", "/capture/", "//track", "/engage", "/i/v0/ai/batch/"];
const V1_PATH = "/i/v1/analytics/events";
const V1_HEADERS = {
  authorization: `Bearer ${TOKEN}`,
  "content-type": "application/json",
  "user-agent": "fuzz/1",
  "posthog-sdk-info": "fuzz/1",
  "posthog-attempt": "1",
  "posthog-request-id": "0185ccb1-0000-7000-8000-00000000000a",
  "posthog-request-timestamp": "2023-01-01T12:00:00Z",
};
const paths = fc.constantFrom(...V0_PATHS, V1_PATH, `${V1_PATH}/`, "/i/v1/ai/events", "/nope");
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

const OTHER_HEADERS =
  "content-encoding content-length origin access-control-request-headers x-forwarded-for accept";
const headerNames = fc.constantFrom(...Object.keys(V1_HEADERS), ...OTHER_HEADERS.split(" "));
const headerValues = fc.oneof(
  fc.constantFrom(
    "",
    "0",
    "5",
    "-1",
    "null",
    "gzip",
    "GZIP",
    "br",
    ", gzip",
    "application/json",
    "text/plain",
  ),
  fc.constantFrom(
    "application/x-www-form-urlencoded",
    "https://a.example",
    "Bearer",
    "/",
    "2023-01-01T12:00:00Z",
  ),
  fc.string(),
  fc.string({ maxLength: 500 }),
);
const headers = fc
  .tuple(fc.boolean(), fc.dictionary(headerNames, headerValues, { maxKeys: 3 }))
  .map(([v1, fields]) => (v1 ? withV1Headers(fields) : fields));

const encodings = fc.constantFrom(...V0_ENCODINGS);
const encoded = fc
  .tuple(encodings, fc.oneof({ weight: 9, arbitrary: mutatedJson }, { weight: 1, arbitrary: extremeJson }))
  .map(([{ encode }, json]) => encode(json));
/** A wrapping with some bytes changed, or cut off: gzip with broken checksums, base64 with foreign characters … */
const damaged = fc
  .tuple(encoded, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }), fc.option(fc.nat()))
  .map(([body, changes, cut]) => {
    const copy = new Uint8Array(cut === null ? body : body.subarray(0, cut % (body.length + 1)));
    if (copy.length > 0) for (const [at, byte] of changes) copy[at % copy.length] = byte;
    return copy;
  });
const bodies = fc.oneof(fc.uint8Array({ maxLength: 300 }), encoded, damaged);

/** Requests that may be anything. */
export const anyRequests: fc.Arbitrary<FuzzRequest> = fc
  .record({
    method: fc.oneof(
      { weight: 8, arbitrary: fc.constant("POST") },
      { weight: 2, arbitrary: fc.constantFrom("GET", "HEAD", "OPTIONS", "PUT", "DELETE") },
    ),
    path: fc.tuple(paths, queries).map(([path, query]) => path + query),
    headers,
    body: bodies,
    chunked: fc.boolean(),
  })
  .map(withFittingBody)
  .filter(isSendable);

/** Requests of either protocol that are wrapped as they should be, around JSON that is only nearly right. */
export const mutatedRequests: fc.Arbitrary<FuzzRequest> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...V0_PATHS), fc.constantFrom(...V0_ENCODINGS), mutatedJson)
    .map(([path, encoding, json]) => wrapped(path, encoding, {}, json)),
  fc
    .tuple(fc.constantFrom(...V1_ENCODINGS), mutatedJson)
    .map(([encoding, json]) => wrapped(V1_PATH, encoding, V1_HEADERS, json)),
);

/** Valid requests of either protocol in all encodings: what goes in must come out. */
export const validRequests: fc.Arbitrary<FuzzRequest> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...V0_PATHS), fc.constantFrom(...V0_ENCODINGS), fc.boolean(), payloads)
    .map(([path, encoding, alone, payload]) => {
      const event = { event: "e1", distinct_id: "u1", properties: { payload } };
      return valid(path, encoding, {}, { api_key: TOKEN, ...(alone ? event : { batch: [event] }) }, payload);
    }),
  fc.tuple(fc.constantFrom(...V1_ENCODINGS), fc.uuid(), payloads).map(([encoding, uuid, payload]) => {
    const timestamp = "2023-01-01T11:59:55Z";
    const event = { event: "e1", uuid, distinct_id: "u1", timestamp, properties: { payload } };
    return valid(V1_PATH, encoding, V1_HEADERS, { created_at: timestamp, batch: [event] }, payload);
  }),
);

function valid(
  path: string,
  encoding: Encoding,
  fields: object,
  body: unknown,
  payload: unknown,
): FuzzRequest {
  return { ...wrapped(path, encoding, fields, JSON.stringify(body)), payload };
}

function wrapped(path: string, encoding: Encoding, fields: object, json: string): FuzzRequest {
  return {
    method: "POST",
    path: `${path}?${encoding.query}`,
    headers: { ...fields, ...encoding.headers },
    body: encoding.encode(json),
    chunked: false,
  };
}

function withV1Headers(fields: Record<string, string>): Record<string, string> {
  return { ...V1_HEADERS, ...fields };
}

function withFittingBody(request: FuzzRequest): FuzzRequest {
  return /POST|PUT|DELETE/.test(request.method) ? request : { ...request, body: null };
}

function isSendable(request: FuzzRequest): boolean {
  try {
    toRequest({ ...request, body: null });
    return true;
  } catch {
    // A header that the platform's own parser refuses never reaches the gateway.
    return false;
  }
}
