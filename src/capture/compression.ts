import type { Coding } from "./decompress.ts";

/** A compression that the client names; others, and unknown names, are no hint. */
export type CompressionHint = "gzip" | "lz64" | null;

/** Reads a `compression` field or a `Content-Encoding`, in any case. `base64` is no hint: it is told by its alphabet. */
export function readCompressionHint(name: string | null): CompressionHint {
  switch (name?.trim().toLowerCase()) {
    case "gzip":
    case "x-gzip":
    case "gzip-js":
      return "gzip";
    case "lz64":
    case "lz-string":
      return "lz64";
    default:
      return null;
  }
}

/** Codings without magic bytes, believed by the header alone. PostHog's v0 does not know them; accepting does no harm. */
export function readHeaderCoding(contentEncoding: string | null): Coding | null {
  switch (contentEncoding?.trim().toLowerCase()) {
    case "deflate":
      return "deflate";
    case "br":
      return "br";
    case "zstd":
      return "zstd";
    default:
      return null;
  }
}
