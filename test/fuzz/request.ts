/** One request as the generators make it: plain values, so that a failing one can be printed and sent again. */
export interface FuzzRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: Readonly<Record<string, string>>;
  /** Null for methods without one. */
  body: Uint8Array | null;
  /** Whether the body streams in pieces, without a length. */
  chunked: boolean;
  /** What `properties.payload` of the one event must be when it arrives; undefined when the request need not be valid. */
  payload?: unknown;
}

const PIECE_BYTES = 1000;

/** Throws a TypeError for headers that no HTTP client could send. */
export function toRequest({ method, path, headers, body, chunked }: FuzzRequest): Request {
  const init = { method, headers, ...(body === null ? {} : { body: chunked ? streamOf(body) : body }) };
  return new Request(`http://edge.test${path}`, { ...init, duplex: "half" } as RequestInit);
}

/** A request as one line to be read by a person, its body cut off where that helps nobody. */
export function describeRequest({ method, path, headers, body, chunked }: FuzzRequest): string {
  const bytes = body ?? new Uint8Array(0);
  const shown = Buffer.from(bytes.subarray(0, PIECE_BYTES)).toString("base64");
  return JSON.stringify({ method, path, headers, chunked, bodyBytes: bytes.byteLength, bodyStart: shown });
}

function streamOf(body: Uint8Array): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    pull(stream) {
      if (sent >= body.byteLength) return stream.close();
      stream.enqueue(body.slice(sent, sent + PIECE_BYTES));
      sent += PIECE_BYTES;
    },
  });
}
