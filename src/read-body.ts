/**
 * Reads a body; null when it is longer than `maxBytes`, and then no more than that has been read. Rejects when it
 * breaks off.
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | null> {
  const length = lengthOf(request);
  if (length !== null) return length > maxBytes ? null : new Uint8Array(await request.arrayBuffer());
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let total = 0;
  for await (const chunk of request.body ?? []) {
    total += chunk.byteLength;
    if (total > maxBytes) return null;
    chunks.push(new Uint8Array(chunk));
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** What the client says of the body's length; null when it streams. */
export function lengthOf({ headers }: Request): number | null {
  const length = headers.get("Content-Length");
  return length === null || headers.has("Transfer-Encoding") ? null : Number(length);
}
