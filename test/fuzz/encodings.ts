import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import lzString from "lz-string";

/** A way in which clients wrap JSON, and what they say about it. */
export interface Encoding {
  name: string;
  encode(json: string): Uint8Array;
  headers: Readonly<Record<string, string>>;
  /** Query parameters, without a question mark. */
  query: string;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const base64 = (value: Uint8Array) => Buffer.from(value).toString("base64");
const form = (text: string) => bytes(`data=${encodeURIComponent(text)}`);

const plain = (name: string, encode: Encoding["encode"], query = ""): Encoding => ({
  name,
  encode,
  headers: {},
  query,
});
const named = (coding: string, encode: Encoding["encode"]): Encoding => ({
  name: `Content-Encoding ${coding}`,
  encode,
  headers: { "content-encoding": coding },
  query: "",
});

const CODINGS: readonly Encoding[] = [
  named("gzip", (json) => gzipSync(json)),
  named("deflate", (json) => deflateSync(json)),
  named("deflate", (json) => deflateRawSync(json)),
  named("br", (json) => brotliCompressSync(json)),
  named("zstd", (json) => zstdCompressSync(json)),
];

/** Protocol v1 believes the header. */
export const V1_ENCODINGS: readonly Encoding[] = [plain("nothing", bytes), ...CODINGS];

/** Protocol v0 looks at the bytes. */
export const V0_ENCODINGS: readonly Encoding[] = [
  ...V1_ENCODINGS,
  plain("gzip without a hint", (json) => gzipSync(json)),
  plain("gzip-js", (json) => gzipSync(json), "compression=gzip-js"),
  plain("base64", (json) => bytes(base64(bytes(json)))),
  plain("base64 twice", (json) => bytes(base64(bytes(base64(bytes(json)))))),
  plain("base64 of gzip", (json) => bytes(base64(gzipSync(json))), "compression=base64"),
  plain("a form", form),
  plain("a form of base64", (json) => form(base64(bytes(json)))),
  plain("a form of lz64", (json) => bytes(`compression=lz64&data=${encodeURIComponent(lz64(json))}`)),
  plain("lz64", (json) => bytes(lz64(json)), "compression=lz64"),
];

function lz64(json: string): string {
  return lzString.compressToBase64(json);
}
