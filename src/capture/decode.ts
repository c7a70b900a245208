import { decodeBase64, looksLikeBase64, restorePlus } from "./base64.ts";
import { readCompressionHint, readHeaderCoding, type CompressionHint } from "./compression.ts";
import { decompress, isGzip } from "./decompress.ts";
import { CaptureError, undecodable } from "./errors.ts";
import { FORM_TYPE, looksLikeForm } from "./form.ts";
import { decompressLz64 } from "./lz64.ts";
import { decodeUtf8 } from "./text.ts";

/** What the request says about its body. Most of it is wrong now and then, so bytes decide and this only helps. */
export interface DecodeHints {
  /** `compression` of the query. */
  compression: CompressionHint;
  contentEncoding: string | null;
  contentType: string | null;
}

/** Form, base64 twice, gzip: the deepest wrapping that SDKs and proxies are known to make. */
const MAX_LAYERS = 4;

interface Decoding {
  hint: CompressionHint;
  contentType: string | null;
  maxBytes: number;
  layersLeft: number;
  inflated: boolean;
}

/**
 * Unwraps a request body to JSON text, led by the bytes (gzip magic, then JSON, form, lz64 when hinted, base64). The text is
 * not parsed: what is no known wrapping comes back as it is, so that the JSON parser can say what is wrong with it.
 * @param maxBytes limit of every decompressed layer
 * @throws CaptureError 400 when a wrapping is broken or empty, 413 above `maxBytes`, 415 for a coding the runtime lacks
 */
export function decodeBody(body: Uint8Array, hints: DecodeHints, maxBytes: number): string {
  const coding = readHeaderCoding(hints.contentEncoding);
  const hint = hints.compression ?? readCompressionHint(hints.contentEncoding);
  const bytes = coding === null ? body : decompress(coding, body, maxBytes);
  return fromBytes(bytes, decoding(hint, hints.contentType, maxBytes));
}

/** Unwraps the `data` field of a query, the form of pixels, as {@link decodeBody} does a body. */
export function decodeField(data: string, hint: CompressionHint, maxBytes: number): string {
  return fromText(data, decoding(hint, null, maxBytes));
}

function decoding(hint: CompressionHint, contentType: string | null, maxBytes: number): Decoding {
  return { hint, contentType, maxBytes, layersLeft: MAX_LAYERS, inflated: false };
}

function fromBytes(bytes: Uint8Array, state: Decoding): string {
  if (!isGzip(bytes)) return fromText(decodeUtf8(bytes), state);
  enterLayer(state);
  state.inflated = true;
  return fromBytes(decompress("gzip", bytes, state.maxBytes), state);
}

function fromText(text: string, state: Decoding): string {
  const start = text.trimStart();
  if (start === "") throw missingPayload();
  if (start.startsWith("{") || start.startsWith("[")) return checkedJson(start, state);
  enterLayer(state);
  if (looksLikeForm(start)) return fromForm(start, state);
  if (state.hint === "lz64") return decompressLz64(restorePlus(start.trimEnd()), state.maxBytes);
  if (looksLikeBase64(start)) return fromBytes(decodeBase64(start.trimEnd()), state);
  if (state.contentType === FORM_TYPE) throw undecodable("expected form data in POST request payload");
  return start;
}

function fromForm(text: string, state: Decoding): string {
  const fields = new URLSearchParams(text);
  state.hint ??= readCompressionHint(fields.get("compression"));
  return fromText(fields.get("data") ?? "", state);
}

/** PostHog refuses JSON that was announced as gzip; a client that mislabels its body should hear of it at once. */
function checkedJson(text: string, state: Decoding): string {
  if (state.hint === "gzip" && !state.inflated) {
    throw undecodable("the body is announced as gzip and is not: compress it, or leave the hint out");
  }
  return text;
}

function enterLayer(state: Decoding): void {
  if (state.layersLeft-- === 0) throw undecodable(`the payload is wrapped more than ${MAX_LAYERS} times`);
}

function missingPayload(): CaptureError {
  return new CaptureError(400, "missing_payload", "request missing data payload");
}
