import { Buffer } from "node:buffer";
import { readCompressionHint, readHeaderCoding } from "../capture/compression.ts";
import { decodeBody, type DecodeHints } from "../capture/decode.ts";
import { decompress, isGzip } from "../capture/decompress.ts";
import { tooLarge, undecodable } from "../capture/errors.ts";

/** Forms and base64 pass through text, several times their size; what SDKs send so is a beacon of some KB. */
const MAX_WRAPPED_BYTES = 8 * 1024 * 1024;

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const LAST_SPACE = 0x20;

/**
 * Unwraps a recording to the bytes of its JSON, led by the bytes as capture is. Plain and compressed JSON, the usual forms,
 * become no text on the way, so that a recording takes its own size and its decompressed size and no more.
 * @param maxBytes limit of the decompressed bytes
 * @throws CaptureError 400 when a wrapping is broken or empty, 413 above a limit, 415 for a coding the runtime lacks
 */
export function decodeRecording(body: Uint8Array, hints: DecodeHints, maxBytes: number): Uint8Array {
  const coding = readHeaderCoding(hints.contentEncoding);
  let json = coding === null ? body : decompress(coding, body, maxBytes);
  const gzipped = isGzip(json);
  if (gzipped) json = decompress("gzip", json, maxBytes);
  if (!opensJson(json)) {
    if (json.byteLength > MAX_WRAPPED_BYTES) throw tooLarge("the wrapped recording", MAX_WRAPPED_BYTES);
    return Buffer.from(decodeBody(json, { ...hints, contentEncoding: null }, MAX_WRAPPED_BYTES));
  }
  const announced = hints.compression ?? readCompressionHint(hints.contentEncoding);
  if (announced === "gzip" && !gzipped) {
    throw undecodable("the body is announced as gzip and is not: compress it, or leave the hint out");
  }
  if (json.byteLength > maxBytes) throw tooLarge("the recording", maxBytes);
  return json;
}

function opensJson(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte > LAST_SPACE);
  return first === OPEN_BRACE || first === OPEN_BRACKET;
}
