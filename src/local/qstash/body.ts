/** Bytes as Redis keeps them: UTF-8 as text, anything else in base64, because replies of a backend are text. */
export interface StoredBody {
  text: string;
  base64: boolean;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Makes the form that survives Redis and JSON unchanged. */
export function storeBody(bytes: Uint8Array): StoredBody {
  try {
    return { text: utf8.decode(bytes), base64: false };
  } catch {
    // Not UTF-8: a payload that must reach its destination byte for byte all the same.
    return { text: Buffer.from(bytes).toString("base64"), base64: true };
  }
}

/** The bytes as they were published. */
export function bodyBytes(body: StoredBody): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(body.text, body.base64 ? "base64" : "utf8"));
}

/** The bytes in base64, as callbacks carry them. */
export function bodyBase64(body: StoredBody): string {
  return body.base64 ? body.text : Buffer.from(body.text, "utf8").toString("base64");
}

/**
 * Reads a request's or a response's body up to `maxBytes`. `complete` is false when there was more, which is then left
 * unread. Throws what the stream throws.
 */
export async function readBody(
  source: { body: ReadableStream<Uint8Array> | null },
  maxBytes: number,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; complete: boolean }> {
  if (source.body === null) return { bytes: new Uint8Array(), complete: true };
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop early cancels the stream.
  for await (const chunk of source.body) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length > maxBytes) break;
  }
  const bytes = Uint8Array.from(Buffer.concat(chunks).subarray(0, maxBytes));
  return { bytes, complete: length <= maxBytes };
}
