import { Buffer } from "node:buffer";
import { brotliDecompressSync } from "node:zlib";

/** The text of what the compiler packed: Brotli in base64. */
export function unpack(packed: string): string {
  return brotliDecompressSync(Buffer.from(packed, "base64")).toString();
}
