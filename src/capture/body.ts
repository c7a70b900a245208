import { CaptureError, tooLarge } from "./errors.ts";
import type { CaptureLimits } from "./limits.ts";

/**
 * Reads the body of `request`, once. Empty when it has none. With a `Content-Length` the platform reads it whole, which is
 * several times cheaper than chunk by chunk; without one it is counted while it streams.
 * @throws CaptureError 413 above `maxWireBytes`, 408 when the client stops sending or goes away
 */
export async function readBody(request: Request, limits: CaptureLimits): Promise<Uint8Array> {
  const length = request.headers.get("content-length");
  if (length === null || !/^\d{1,15}$/.test(length)) {
    return request.body === null ? new Uint8Array(0) : readChunks(request.body, limits);
  }
  const bytes = Number(length);
  if (bytes > limits.maxWireBytes) throw tooLarge("the body", limits.maxWireBytes);
  const patienceMs = limits.bodyPauseMs + (bytes / limits.minBodyBytesPerSecond) * 1000;
  const body = new Uint8Array(await orStalled(request.arrayBuffer(), patienceMs));
  // A platform that does not hold a client to its Content-Length must not raise the limit.
  if (body.byteLength > limits.maxWireBytes) throw tooLarge("the body", limits.maxWireBytes);
  return body;
}

async function readChunks(stream: ReadableStream<Uint8Array>, limits: CaptureLimits): Promise<Uint8Array> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    for (;;) {
      const { done, value } = await orStalled(reader.read(), limits.bodyPauseMs);
      if (done) return concatenate(chunks, total);
      total += value.byteLength;
      if (total > limits.maxWireBytes) throw tooLarge("the body", limits.maxWireBytes);
      chunks.push(value);
    }
  } catch (error) {
    // The answer is decided already; a failing cancel means that the client is gone, which changes nothing.
    reader.cancel().catch(() => undefined);
    throw error;
  }
}

function concatenate(chunks: readonly Uint8Array[], total: number): Uint8Array {
  const only = chunks[0];
  if (only !== undefined && chunks.length === 1) return only;
  const body = new Uint8Array(total);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body;
}

/** Waits for bytes of the client: whether it pauses too long or breaks the connection off, it stopped sending. */
async function orStalled<T>(bytes: Promise<T>, patienceMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, patienceMs);
  });
  try {
    return await Promise.race([bytes, stalled]);
  } catch (cause) {
    throw new CaptureError(408, "request_timeout", "client stopped sending data", { cause });
  } finally {
    clearTimeout(timer);
  }
}
