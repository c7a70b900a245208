/** Why a body does not reach its end: it is too large, or the client broke off. */
export type BodyFailure = "exceeded" | "broken";

/**
 * Lets a body of unknown length through, up to `maxBytes`. Where it ends too early, `fail` is called before the stream fails,
 * and must abort the outgoing request: workerd would otherwise end that as if the body were complete. Holds one chunk at
 * a time.
 */
export function countBody(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  fail: (failure: BodyFailure) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let total = 0;
  const source: UnderlyingDefaultSource<Uint8Array> = {
    async pull(controller) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        fail("broken");
        throw error;
      });
      if (done) return controller.close();
      total += value.byteLength;
      if (total <= maxBytes) return controller.enqueue(value);
      fail("exceeded");
      await reader.cancel();
      throw new RangeError(`the body is above ${maxBytes} bytes`);
    },
    cancel: (reason) => reader.cancel(reason),
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}
