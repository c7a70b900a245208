import { Buffer } from "node:buffer";

/** The text of what the compiler packed: gzip in base64. */
export function unpack(packed: string): ReadableStream<Uint8Array> {
  return new Blob([Buffer.from(packed, "base64")]).stream().pipeThrough(new DecompressionStream("gzip"));
}
